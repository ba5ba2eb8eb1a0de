//! Calls of a program's code on threads of the engine, and what becomes of those that the interpreter's end finds unfinished.
//!
//! Before Python 3.14 a thread that wants the interpreter's lock after the end has begun is ended where it stands, by unwinding
//! its stack. Frames of Rust cannot be passed in that way: the process would be aborted, though its program has ended well.
//! So the thread stays in the innermost of them for as long as the process lives, which is what newer interpreters do.

use std::time::Duration;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString, PyTuple};

/// Keeps a thread that is being unwound. Where the call returns it is forgotten.
struct Stay;

impl Drop for Stay {
    fn drop(&mut self) {
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
}

type Object = *mut ffi::PyObject;

/// `callable(*arguments)`. Where the interpreter ends meanwhile and the program's code goes on, this does not return.
///
/// # Errors
/// What it raises.
pub(crate) fn call<'py, A>(callable: &Bound<'py, PyAny>, arguments: A) -> PyResult<Bound<'py, PyAny>>
where
    A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>,
{
    let py = callable.py();
    let arguments = arguments.into_pyobject(py).map_err(Into::into)?;
    let call: unsafe extern "C" fn(Object, Object, Object) -> Object = ffi::PyObject_Call;
    // SAFETY: the two types differ in that the compiler expects the one to unwind; the function is one of C, and is called alike.
    let call: unsafe extern "C-unwind" fn(Object, Object, Object) -> Object =
        unsafe { std::mem::transmute(call) };
    // The compiler must not see which function it is: of that one it believes that it never unwinds.
    let call = std::hint::black_box(call);
    let stay = Stay;
    // SAFETY: these are live objects, the second one a tuple, and there are no keywords.
    let returned = unsafe { call(callable.as_ptr(), arguments.as_ptr(), std::ptr::null_mut()) };
    std::mem::forget(stay);
    // SAFETY: it is a new reference, or null where an exception is set.
    unsafe { Bound::from_owned_ptr_or_err(py, returned) }
}

/// What an iterator gives next, likewise: that may be a generator of the program's.
pub(crate) fn next<'py>(iterator: &Bound<'py, PyIterator>) -> Option<PyResult<Bound<'py, PyAny>>> {
    let py = iterator.py();
    let next: unsafe extern "C" fn(Object) -> Object = ffi::PyIter_Next;
    // SAFETY: as above.
    let next: unsafe extern "C-unwind" fn(Object) -> Object = unsafe { std::mem::transmute(next) };
    let next = std::hint::black_box(next);
    let stay = Stay;
    // SAFETY: it is a live object, and an iterator.
    let returned = unsafe { next(iterator.as_ptr()) };
    std::mem::forget(stay);
    // SAFETY: it is a new reference, or null at the end or where an exception is set.
    match unsafe { Bound::from_owned_ptr_or_opt(py, returned) } {
        Some(value) => Some(Ok(value)),
        None => PyErr::take(py).map(Err),
    }
}

/// `object.name(*arguments)`, likewise.
///
/// # Errors
/// What it raises, also where there is no such method.
pub(crate) fn call_method<'py, A>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    arguments: A,
) -> PyResult<Bound<'py, PyAny>>
where
    A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>,
{
    call(&object.getattr(name)?, arguments)
}
