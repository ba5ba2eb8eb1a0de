//! Python objects made without calling their constructors, where that is what the time goes into.
//!
//! Only classes whose instances are nothing but their attributes are made here: `uuid.UUID`, and the value
//! classes of `cassandra.util`. What each has is asserted by tests/unit/test_codec_decode.py.

use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::python;

/// A new instance of `class`, without `__new__` and `__init__`. Where its attributes are in slots, no dict is made for
/// others, nor room for one, before somebody asks for it.
pub(crate) fn blank<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the pointer is a type object, and the type's own slot is asked to allocate; a null result means an
    // exception is set, which `from_owned_ptr_or_err` takes.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
        Bound::from_owned_ptr_or_err(class.py(), object)
    }
}

/// Sets an attribute past any `__setattr__` of the class (`uuid.UUID` refuses by its own).
pub(crate) fn set(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    // SAFETY: all three are live objects; a negative result means an exception is set.
    let result = unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if result < 0 { Err(PyErr::fetch(object.py())) } else { Ok(()) }
}

/// A `uuid.UUID`.
pub(super) fn uuid(py: Python<'_>, number: u128) -> PyResult<Bound<'_, PyAny>> {
    let uuid = blank(python::UUID.class(py)?)?;
    set(&uuid, intern!(py, "int"), number.into_pyobject(py)?.as_any())?;
    set(&uuid, intern!(py, "is_safe"), python::SAFE_UUID_UNKNOWN.get(py)?)?;
    Ok(uuid)
}

/// An instance of one of the value classes of `cassandra.util`, which are nothing but these numbers.
pub(super) fn with_numbers<'py>(
    class: &Bound<'py, PyType>,
    numbers: &[(&Bound<'py, PyString>, i64)],
) -> PyResult<Bound<'py, PyAny>> {
    let object = blank(class)?;
    for (name, number) in numbers {
        set(&object, name, number.into_pyobject(class.py())?.as_any())?;
    }
    Ok(object)
}

/// Whether tuples are nothing but their items: since Python 3.14 they remember their hash too.
fn tuples_are_plain(py: Python<'_>) -> bool {
    static PLAIN: OnceLock<bool> = OnceLock::new();
    *PLAIN.get_or_init(|| py.version_info() < (3, 14))
}

/// An instance of a namedtuple class (a subclass of `tuple` without further state) with these items, which are taken.
pub(crate) fn named_tuple<'py>(
    class: &Bound<'py, PyType>,
    items: &mut Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    filled(class, items.len(), items.drain(..))
}

/// The same of two items.
pub(crate) fn named_pair<'py>(
    class: &Bound<'py, PyType>,
    items: [Bound<'py, PyAny>; 2],
) -> PyResult<Bound<'py, PyAny>> {
    filled(class, items.len(), items.into_iter())
}

/// The same of `count` items, which is how many there are.
fn filled<'py>(
    class: &Bound<'py, PyType>,
    count: usize,
    items: impl Iterator<Item = Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    // SAFETY: a live type object is asked for its flags.
    let is_tuple =
        unsafe { ffi::PyType_FastSubclass(class.as_type_ptr(), ffi::Py_TPFLAGS_TUPLE_SUBCLASS) } != 0;
    if !tuples_are_plain(py) || !is_tuple {
        // What `tuple.__new__(class, items)` does.
        let items = PyTuple::new(py, items.collect::<Vec<_>>())?;
        return python::NEW_TUPLE.get(py)?.call1((class, items));
    }
    // SAFETY: as in `blank`; the class is a subclass of `tuple`, so the object has room for as many items as were
    // asked for, all null; each is set once, with a reference that is given away. No Python code runs in between.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class.as_type_ptr(), count as ffi::Py_ssize_t);
        let tuple = Bound::from_owned_ptr_or_err(py, object)?;
        for (index, item) in items.take(count).enumerate() {
            ffi::PyTuple_SET_ITEM(tuple.as_ptr(), index as ffi::Py_ssize_t, item.into_ptr());
        }
        Ok(tuple)
    }
}

/// While it lives the cycle collector does not run: for objects that are made here in one go, of which it would look at all
/// again after every few hundred. Since Python 3.12 it waits by itself until Python code runs; before, it is told to. Nobody can
/// see it: as long as this lives, no Python code runs, and the interpreter's lock is not let go.
pub(crate) struct InOneGo<'py> {
    was_collecting: bool,
    _holds_the_lock: Python<'py>,
}

impl<'py> InOneGo<'py> {
    pub(crate) fn begin(py: Python<'py>) -> Self {
        // SAFETY: the interpreter's lock is held.
        let was_collecting = unsafe { ffi::PyGC_Disable() } != 0;
        Self { was_collecting, _holds_the_lock: py }
    }
}

impl Drop for InOneGo<'_> {
    fn drop(&mut self) {
        if self.was_collecting {
            // SAFETY: as above.
            unsafe { ffi::PyGC_Enable() };
        }
    }
}

/// Keeps an object that nobody else refers to from the cycle collector, which would look at it again and again while more
/// are made; [`give_out`] is due before anybody else gets to refer to it.
pub(crate) fn keep_back(object: &Bound<'_, PyAny>) {
    // SAFETY: a live object, which may be untracked at any time; the collector takes it for held from outside, as it is.
    unsafe {
        if ffi::Py_REFCNT(object.as_ptr()) == 1 && ffi::PyObject_GC_IsTracked(object.as_ptr()) != 0 {
            ffi::PyObject_GC_UnTrack(object.as_ptr().cast());
        }
    }
}

/// Leaves an object that was [kept back](keep_back) to the cycle collector, as any other.
pub(crate) fn give_out(object: &Bound<'_, PyAny>) {
    // SAFETY: a live object whose fields are all set, and which the collector does not look at yet.
    unsafe {
        if ffi::PyObject_IS_GC(object.as_ptr()) != 0 && ffi::PyObject_GC_IsTracked(object.as_ptr()) == 0 {
            ffi::PyObject_GC_Track(object.as_ptr().cast());
        }
    }
}

/// Has the cycle collector pass a row by, if nothing in it can lead back to it: a tuple never changes, so one of numbers
/// and texts is in no cycle. The collector does the same by itself for plain tuples, but not for their subclasses, and
/// not before it has looked at each.
pub(super) fn leave_to_counting(row: &Bound<'_, PyAny>) {
    // SAFETY: a live tuple, or an instance of a subclass without further state, whose items are all set; an object may
    // be untracked at any time, and is freed alike with and without. The interpreter's lock is held throughout.
    unsafe {
        let tuple = row.as_ptr();
        let items = 0..ffi::PyTuple_GET_SIZE(tuple);
        let may_lead_on = |index| ffi::PyObject_GC_IsTracked(ffi::PyTuple_GET_ITEM(tuple, index)) != 0;
        if !items.into_iter().any(may_lead_on) {
            ffi::PyObject_GC_UnTrack(tuple.cast());
        }
    }
}
