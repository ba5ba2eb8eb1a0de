"""The functions of the interpreter that the extension calls: what may run code of a program is guarded (program.rs)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helenus import _native

CALLS = Path(__file__).parents[2] / "crates/helenus-python/src/program/calls.rs"

QUIET = [
    "PyBuffer_GetPointer",
    "PyBuffer_IsContiguous",
    "PyBuffer_ToContiguous",
    "PyByteArray_AsString",
    "PyByteArray_Size",
    "PyBytes_AsString",
    "PyBytes_FromStringAndSize",
    "PyBytes_Size",
    "PyCallable_Check",
    "PyDict_Next",
    "PyErr_ExceptionMatches",
    "PyErr_Fetch",
    "PyErr_GetRaisedException",
    "PyErr_GivenExceptionMatches",
    "PyErr_Occurred",
    "PyEval_SaveThread",
    "PyException_GetTraceback",
    "PyFloat_FromDouble",
    "PyGC_Disable",
    "PyGC_Enable",
    "PyList_Append",
    "PyList_GetItem",
    "PyList_GetItemRef",
    "PyLong_AsUnsignedLongLong",
    "PyLong_FromLong",
    "PyLong_FromNativeBytes",
    "PyLong_FromSsize_t",
    "PyLong_FromUnsignedLongLong",
    "PyModuleDef_Init",
    "PyModule_GetNameObject",
    "PyObject_GC_IsTracked",
    "PyObject_GC_Track",
    "PyObject_GC_UnTrack",
    "PyObject_IS_GC",
    "PySequence_Check",
    "PyThreadState_Get",
    "PyTuple_GetItem",
    "PyType_GetName",
    "PyType_GetQualName",
    "PyType_IsSubtype",
    "PyType_Modified",
    "PyUnicode_AsUTF8AndSize",
    "PyUnicode_EqualToUTF8AndSize",
    "PyUnicode_FromStringAndSize",
    "PyUnicode_InternInPlace",
    "Py_GetVersion",
    "Py_IsFinalizing",
    "Py_IsInitialized",
    "_PyLong_AsByteArray",
    "_PyLong_FromByteArray",
]
"""They neither run code, nor let go of the interpreter's lock, nor make anything that the cycle collector looks at."""

OTHERS = [
    "PyUnicodeDecodeError_Create",  # an exception of what we hand to it, with codecs of Python's own
    "PyEval_RestoreThread",  # PyO3 has a guard of its own for this one and the next
    "PyGILState_Ensure",
    "PyVectorcall_Function",  # what is put in its place leads to a guarded one
]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the interpreter keeps such threads itself")
@pytest.mark.skipif(sys.platform != "linux" or shutil.which("nm") is None, reason="there is no nm, or no ELF")
def test_every_call_that_may_run_code_is_guarded() -> None:
    listed = set(re.findall(r"^    fn (\w+)\(", CALLS.read_text(), re.MULTILINE))
    assert len(listed) > 50
    told = subprocess.run(["nm", "-D", _native.__file__], check=True, capture_output=True, text=True).stdout
    called = set(re.findall(r"\bU (_?Py\w+)", told))
    guards = set(re.findall(r"\bT __wrap_(\w+)", told))
    data = {name for name in called if re.search(r"^PyExc_|_Type$|^_Py_\w+Struct$", name)}
    assert called - data - listed - {*QUIET, *OTHERS} == set()
    # They are in this build.
    assert called & listed <= guards
