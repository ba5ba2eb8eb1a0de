//! The functions of the interpreter that may run a program's code, or let go of the interpreter's lock: what is missing here is called
//! without the guard of `program.rs`. A test compares this list with what the built module imports.
//!
//! Some do it always (`PyObject_Call`), some by way of a method (`PyFloat_AsDouble`: `__float__`), some where an object is the last
//! one to refer to another (`PyErr_Clear`: `__del__`), and whatever makes an object that the cycle collector looks at may have it run.

guarded! {
    by ffi;
    fn PyBuffer_Release(view: *mut ffi::Py_buffer);
    fn PyCMethod_New(def: *mut ffi::PyMethodDef, of: Object, module: Object, class: *mut ffi::PyTypeObject) -> Object;
    fn PyCapsule_Import(name: *const c_char, no_block: c_int) -> *mut c_void;
    fn PyDict_Copy(dict: Object) -> Object;
    fn PyDict_GetItemWithError(dict: Object, key: Object) -> Object;
    fn PyDict_Items(dict: Object) -> Object;
    fn PyDict_New() -> Object;
    fn PyDict_SetItem(dict: Object, key: Object, value: Object) -> c_int;
    fn PyErr_CheckSignals() -> c_int;
    fn PyErr_Clear();
    fn PyErr_NewExceptionWithDoc(name: *const c_char, doc: *const c_char, base: Object, dict: Object) -> Object;
    fn PyErr_PrintEx(set_sys_last: c_int);
    fn PyErr_SetObject(class: Object, value: Object);
    fn PyErr_SetString(class: Object, text: *const c_char);
    fn PyErr_WriteUnraisable(object: Object);
    fn PyException_SetCause(exception: Object, cause: Object);
    fn PyException_SetTraceback(exception: Object, traceback: Object) -> c_int;
    fn PyFloat_AsDouble(object: Object) -> c_double;
    fn PyGILState_Release(state: ffi::PyGILState_STATE);
    fn PyImport_Import(name: Object) -> Object;
    fn PyIter_Next(iterator: Object) -> Object;
    fn PyList_AsTuple(list: Object) -> Object;
    fn PyList_New(length: Size) -> Object;
    fn PyLong_AsLong(object: Object) -> c_long;
    fn PyMapping_Items(mapping: Object) -> Object;
    fn PyNumber_Index(object: Object) -> Object;
    fn PyOS_FSPath(path: Object) -> Object;
    fn PyObject_Call(callable: Object, arguments: Object, keywords: Object) -> Object;
    fn PyObject_CallNoArgs(callable: Object) -> Object;
    fn PyObject_DelItem(object: Object, key: Object) -> c_int;
    fn PyObject_GenericGetDict(object: Object, context: *mut c_void) -> Object;
    fn PyObject_GenericSetAttr(object: Object, name: Object, value: Object) -> c_int;
    fn PyObject_GenericSetDict(object: Object, value: Object, context: *mut c_void) -> c_int;
    fn PyObject_GetAttr(object: Object, name: Object) -> Object;
    fn PyObject_GetBuffer(object: Object, view: *mut ffi::Py_buffer, flags: c_int) -> c_int;
    fn PyObject_GetItem(object: Object, key: Object) -> Object;
    fn PyObject_GetIter(object: Object) -> Object;
    fn PyObject_IsInstance(object: Object, class: Object) -> c_int;
    fn PyObject_IsTrue(object: Object) -> c_int;
    fn PyObject_LengthHint(object: Object, default: Size) -> Size;
    fn PyObject_Repr(object: Object) -> Object;
    fn PyObject_SetAttr(object: Object, name: Object, value: Object) -> c_int;
    fn PyObject_SetAttrString(object: Object, name: *const c_char, value: Object) -> c_int;
    fn PyObject_SetItem(object: Object, key: Object, value: Object) -> c_int;
    fn PyObject_Size(object: Object) -> Size;
    fn PyObject_Str(object: Object) -> Object;
    fn PyObject_VectorcallDict(callable: Object, arguments: *const Object, count: usize, keywords: Object) -> Object;
    fn PyObject_VectorcallMethod(name: Object, arguments: *const Object, count: usize, names: Object) -> Object;
    fn PyTraceBack_Print(traceback: Object, file: Object) -> c_int;
    fn PyTuple_New(length: Size) -> Object;
    fn PyType_FromSpec(spec: *mut ffi::PyType_Spec) -> Object;
    fn PyType_GenericAlloc(class: *mut ffi::PyTypeObject, items: Size) -> Object;
    fn PyUnicode_AsEncodedString(text: Object, encoding: *const c_char, errors: *const c_char) -> Object;
    fn PyUnicode_DecodeFSDefaultAndSize(bytes: *const c_char, size: Size) -> Object;
    fn PyUnicode_EncodeFSDefault(text: Object) -> Object;
    #[cfg(Py_3_11)]
    fn PyObject_Vectorcall(callable: Object, arguments: *const Object, count: usize, names: Object) -> Object;
    #[cfg(not(Py_3_12))]
    fn PyErr_NormalizeException(class: *mut Object, value: *mut Object, traceback: *mut Object);
    #[cfg(not(Py_3_12))]
    fn PyErr_Restore(class: Object, value: Object, traceback: Object);
    #[cfg(Py_3_12)]
    fn PyErr_DisplayException(exception: Object);
    #[cfg(Py_3_12)]
    fn PyErr_SetRaisedException(exception: Object);
    #[cfg(Py_3_12)]
    fn PyObject_CallOneArg(callable: Object, argument: Object) -> Object;
    #[cfg(Py_3_13)]
    fn PyDict_GetItemRef(dict: Object, key: Object, found: *mut Object) -> c_int;
    #[cfg(Py_3_13)]
    fn PyLong_AsNativeBytes(object: Object, buffer: *mut c_void, size: Size, flags: c_int) -> Size;
    #[cfg(Py_3_13)]
    fn PyObject_HasAttrWithError(object: Object, name: Object) -> c_int;
    #[cfg(Py_3_13)]
    fn PyType_GetModuleName(class: *mut ffi::PyTypeObject) -> Object;
}

// PyO3 calls these, and does not publish them.
guarded! {
    by unpublished;
    #[cfg(not(Py_3_12))]
    fn _PyObject_MakeTpCall(
        thread: *mut ffi::PyThreadState, callable: Object, arguments: *const Object, count: Size, names: Object
    ) -> Object;
    #[cfg(not(Py_3_12))]
    fn _Py_CheckFunctionResult(
        thread: *mut ffi::PyThreadState, callable: Object, result: Object, told: *const c_char
    ) -> Object;
    fn _Py_Dealloc(object: Object);
}
