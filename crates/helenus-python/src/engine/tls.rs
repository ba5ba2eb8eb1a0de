//! TLS by a program's own `ssl.SSLContext`, obeyed as given: its memory-BIO object is the cipher of a connection.
//!
//! Each call takes the interpreter's lock once, for all bytes that have gathered.

use helenus::{Cipher, CipherError, CipherFactory};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::runtime;
use crate::python;

/// How much plaintext is asked for at once.
const PIECE: usize = 256 * 1024;

/// Makes a cipher for each connection from one context.
#[derive(Debug)]
pub(super) struct PythonTls(Py<PyAny>);

impl PythonTls {
    pub(super) fn new(context: Py<PyAny>) -> Self {
        runtime::uses_python_ciphers();
        Self(context)
    }
}

fn attached<T>(call: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T, CipherError> {
    runtime::attach(|py| call(py).map_err(|error| CipherError(error.value(py).to_string())))
        .unwrap_or_else(|| Err(CipherError("the interpreter is ending".into())))
}

impl CipherFactory for PythonTls {
    fn cipher(&self, host: &str) -> Result<Box<dyn Cipher>, CipherError> {
        attached(|py| {
            let bio = python::MEMORY_BIO.get(py)?;
            let (incoming, outgoing) = (bio.call0()?, bio.call0()?);
            let names = PyDict::new(py);
            names.set_item("server_hostname", host)?;
            let object =
                self.0.bind(py).call_method(intern!(py, "wrap_bio"), (&incoming, &outgoing), Some(&names))?;
            Ok(Box::new(PythonCipher {
                object: object.unbind(),
                incoming: incoming.unbind(),
                outgoing: outgoing.unbind(),
                handshaking: true,
                kept: Vec::new(),
            }) as Box<dyn Cipher>)
        })
    }

    fn may_block(&self) -> bool {
        true
    }
}

struct PythonCipher {
    object: Py<PyAny>,
    incoming: Py<PyAny>,
    outgoing: Py<PyAny>,
    handshaking: bool,
    /// Plaintext that waits for the end of the handshake.
    kept: Vec<u8>,
}

impl std::fmt::Debug for PythonCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PythonCipher").field("handshaking", &self.handshaking).finish_non_exhaustive()
    }
}

fn wants_read(py: Python<'_>, error: &PyErr) -> PyResult<bool> {
    Ok(error.is_instance(py, python::SSL_WANT_READ.get(py)?))
}

impl PythonCipher {
    /// Takes the handshake as far as the bytes that have come allow.
    fn shake(&mut self, py: Python<'_>) -> PyResult<()> {
        match self.object.bind(py).call_method0(intern!(py, "do_handshake")) {
            Ok(_) => {
                self.handshaking = false;
                let kept = std::mem::take(&mut self.kept);
                self.write(py, &kept)
            }
            Err(error) if wants_read(py, &error)? => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn write(&self, py: Python<'_>, mut plaintext: &[u8]) -> PyResult<()> {
        while !plaintext.is_empty() {
            let piece = PyBytes::new(py, &plaintext[..plaintext.len().min(PIECE)]);
            let count: usize =
                self.object.bind(py).call_method1(intern!(py, "write"), (piece,))?.extract()?;
            plaintext = &plaintext[count..];
        }
        Ok(())
    }
}

impl Cipher for PythonCipher {
    fn open(&mut self, ciphertext: &[u8], plaintext: &mut Vec<u8>) -> Result<bool, CipherError> {
        attached(|py| {
            self.incoming.bind(py).call_method1(intern!(py, "write"), (PyBytes::new(py, ciphertext),))?;
            if self.handshaking {
                self.shake(py)?;
                if self.handshaking {
                    return Ok(false);
                }
            }
            loop {
                match self.object.bind(py).call_method1(intern!(py, "read"), (PIECE,)) {
                    Ok(piece) => {
                        let piece = piece.cast::<PyBytes>()?;
                        if piece.as_bytes().is_empty() {
                            return Ok(true);
                        }
                        plaintext.extend_from_slice(piece.as_bytes());
                    }
                    Err(error) if wants_read(py, &error)? => return Ok(false),
                    Err(error) if error.is_instance(py, python::SSL_ZERO_RETURN.get(py)?) => return Ok(true),
                    Err(error) => return Err(error),
                }
            }
        })
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<(), CipherError> {
        if self.handshaking {
            self.kept.extend_from_slice(plaintext);
            return Ok(());
        }
        attached(|py| self.write(py, plaintext))
    }

    fn take_output(&mut self, ciphertext: &mut Vec<u8>) -> Result<(), CipherError> {
        attached(|py| {
            if self.handshaking {
                self.shake(py)?;
            }
            let pending: usize = self.outgoing.bind(py).getattr(intern!(py, "pending"))?.extract()?;
            if pending > 0 {
                let output = self.outgoing.bind(py).call_method0(intern!(py, "read"))?;
                ciphertext.extend_from_slice(output.cast::<PyBytes>()?.as_bytes());
            }
            Ok(())
        })
    }

    fn is_handshaking(&self) -> bool {
        self.handshaking
    }

    fn close(&mut self) {
        // A peer that does not answer the farewell is no news.
        let _not_answered = attached(|py| self.object.bind(py).call_method0(intern!(py, "unwrap")).map(drop));
    }
}
