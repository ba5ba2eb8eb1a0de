//! A program's code below calls of ours, and what becomes of a thread that the interpreter's end finds in it.
//!
//! Before Python 3.14 a thread that wants the interpreter's lock after the end has begun is ended where it stands, by unwinding
//! its stack. Frames of Rust cannot be passed in that way: the process would be aborted, though its program has ended well.
//! So the thread stays in the innermost of them for as long as the process lives, which is what newer interpreters do.
//!
//! Nearly any function of the interpreter may run a program's code, and most are called by PyO3. So it is the linker that puts a
//! guarded one in the place of each of them (`build.rs`, `calls.rs`): no call can miss it. Only glibc ends threads by unwinding.

#[cfg(all(target_os = "linux", target_env = "gnu", not(Py_3_14)))]
mod guard {
    use std::time::Duration;

    /// Keeps a thread that is being unwound. Where the call returns it is forgotten.
    pub(super) struct Stay;

    impl Drop for Stay {
        fn drop(&mut self) {
            loop {
                std::thread::sleep(Duration::from_secs(3600));
            }
        }
    }

    /// What `calls.rs` names its types by.
    pub(super) mod words {
        pub(in crate::program) use pyo3::ffi;
        pub(in crate::program) use std::ffi::{c_char, c_double, c_int, c_long, c_void};

        pub(in crate::program) type Object = *mut ffi::PyObject;
        pub(in crate::program) type Size = ffi::Py_ssize_t;

        /// What PyO3 calls and does not publish.
        pub(in crate::program) mod unpublished {
            use super::*;

            unsafe extern "C" {
                #[cfg(not(Py_3_12))]
                pub(in crate::program) fn _PyObject_MakeTpCall(
                    thread: *mut ffi::PyThreadState,
                    callable: Object,
                    arguments: *const Object,
                    count: Size,
                    names: Object,
                ) -> Object;
                #[cfg(not(Py_3_12))]
                pub(in crate::program) fn _Py_CheckFunctionResult(
                    thread: *mut ffi::PyThreadState,
                    callable: Object,
                    result: Object,
                    told: *const c_char,
                ) -> Object;
                pub(in crate::program) fn _Py_Dealloc(object: Object);
            }
        }
    }
}

/// A guarded function for each: all calls of `NAME` in this module become calls of `__wrap_NAME`, whose own goes to `__real_NAME`.
#[cfg(all(target_os = "linux", target_env = "gnu", not(Py_3_14)))]
macro_rules! guarded {
    (by $by:ident; $($(#[$when:meta])* fn $name:ident($($argument:ident: $of:ty),* $(,)?) $(-> $returned:ty)?;)*) => {$(
        $(#[$when])*
        const _: () = {
            #[allow(unused_imports, reason = "not each needs all of them")]
            use super::guard::{Stay, words::*};

            unsafe extern "C-unwind" {
                #[link_name = concat!("__real_", stringify!($name))]
                fn real($($argument: $of),*) $(-> $returned)?;
            }

            /// Some linkers leave a name alone that nothing refers to. And so the compiler compares the signatures.
            #[used]
            static REFERRED_TO: unsafe extern "C" fn($($of),*) $(-> $returned)? = $by::$name;

            #[unsafe(export_name = concat!("__wrap_", stringify!($name)))]
            unsafe extern "C-unwind" fn stay($($argument: $of),*) $(-> $returned)? {
                let stay = Stay;
                // SAFETY: what the caller answers for is what the function asks for. It unwinds where the interpreter ends the
                // thread; the caller does not expect that, and does not hear of it.
                let returned = unsafe { real($($argument),*) };
                std::mem::forget(stay);
                returned
            }
        };
    )*};
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(Py_3_14)))]
mod calls;

/// Who asks for a function to be called past `PyObject_Vectorcall` gets that one, which is guarded.
#[cfg(all(target_os = "linux", target_env = "gnu", Py_3_11, not(Py_3_12)))]
#[unsafe(export_name = "__wrap_PyVectorcall_Function")]
extern "C" fn vectorcall_function(_callable: *mut pyo3::ffi::PyObject) -> Option<pyo3::ffi::vectorcallfunc> {
    Some(pyo3::ffi::PyObject_Vectorcall)
}

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// `callable(*arguments)`, by way of a function that can be guarded: for Python 3.10 PyO3 calls those that it has arguments for one
/// by one through their own pointer.
///
/// # Errors
/// What it raises.
pub(crate) fn call<'py, A>(callable: &Bound<'py, PyAny>, arguments: A) -> PyResult<Bound<'py, PyAny>>
where
    A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>,
{
    callable.call1(arguments.into_pyobject(callable.py()).map_err(Into::into)?)
}
