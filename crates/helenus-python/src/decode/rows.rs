//! A page of rows to a list of Python rows, by a table of decoders made once per result metadata.

use std::net::SocketAddr;
use std::sync::Arc;

use helenus_protocol::CqlType;
use helenus_protocol::notation::{Reader, Value};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};

use super::objects;
use crate::codec::{self, Codec};
use crate::errors::{self, DecodeFailure};
use crate::{program, python};

/// What rows become. The four of the reference are made here, without the detour over tuples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowFactory {
    /// `tuple_factory`, and any that is not one of ours: it is called with these tuples.
    Tuple,
    /// `named_tuple_factory`.
    NamedTuple,
    /// `dict_factory`.
    Dict,
    /// `ordered_dict_factory`.
    OrderedDict,
}

impl RowFactory {
    /// The one that a Python callable is, by identity; `None` means that it has to be called itself, with the
    /// column names and the rows of [`Tuple`](Self::Tuple).
    pub(crate) fn recognise(factory: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = factory.py();
        for (imported, known) in [
            (&python::NAMED_TUPLE_FACTORY, Self::NamedTuple),
            (&python::DICT_FACTORY, Self::Dict),
            (&python::TUPLE_FACTORY, Self::Tuple),
            (&python::ORDERED_DICT_FACTORY, Self::OrderedDict),
        ] {
            if imported.get(py)?.is(factory) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }
}

#[derive(Debug)]
struct Column {
    name: Py<PyString>,
    cql_type: CqlType,
    codec: Arc<Codec>,
}

/// The decoders of one result's columns.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct RowDecoder {
    columns: Vec<Column>,
    /// Registered classes of user-defined types: `{keyspace: {name: class}}`.
    user_types: Option<Py<PyAny>>,
    row_class: PyOnceLock<Py<PyType>>,
    classes: PyOnceLock<Vec<Py<PyAny>>>,
    generation: u64,
}

#[pymethods]
impl RowDecoder {
    /// Decoders for columns of these names and types, each type as its Java class name.
    #[new]
    #[pyo3(signature = (columns, user_types=None))]
    fn from_class_names(
        py: Python<'_>,
        columns: Vec<(String, String)>,
        user_types: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let columns: Vec<_> = columns
            .into_iter()
            .map(|(name, class_name)| match CqlType::from_class_name(&class_name) {
                Ok(cql_type) => Ok((name, cql_type)),
                Err(error) => Err(errors::value_error(&error)),
            })
            .collect::<PyResult<_>>()?;
        Self::new(py, columns.iter().map(|(name, cql_type)| (name.as_str(), cql_type)), user_types)
    }

    /// The columns' names, as row factories take them.
    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.names(py)
    }

    /// The columns' classes, as `ResultSet.column_types` shows them.
    #[getter]
    fn column_types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.types(py)
    }

    /// Whether a class of `cassandra.cqltypes` was patched since: then a new decoder is due.
    #[getter]
    pub(crate) fn is_stale(&self) -> bool {
        self.generation != codec::generation()
    }

    /// `rows` rows in `cells`, by a row factory of `cassandra.query` or any other.
    #[pyo3(name = "decode")]
    fn decode_for_python<'py>(
        &self,
        cells: &Bound<'py, PyBytes>,
        rows: usize,
        factory: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.decode_with(cells.as_bytes(), rows, factory, None)
    }
}

impl RowDecoder {
    /// Decoders for columns of these names and types, with these classes for user-defined types.
    pub(crate) fn new<'a>(
        py: Python<'_>,
        columns: impl IntoIterator<Item = (&'a str, &'a CqlType)>,
        user_types: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let generation = codec::generation();
        let columns = columns
            .into_iter()
            .map(|(name, cql_type)| {
                let codec = Codec::of_type(py, cql_type, user_types)?;
                Ok(Column { name: PyString::intern(py, name).unbind(), cql_type: cql_type.clone(), codec })
            })
            .collect::<PyResult<_>>()?;
        let user_types = user_types.map(|user_types| user_types.clone().unbind());
        Ok(Self { columns, user_types, row_class: PyOnceLock::new(), classes: PyOnceLock::new(), generation })
    }

    /// The columns' names, as row factories take them.
    pub(crate) fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.columns.iter().map(|column| column.name.bind(py)))
    }

    /// The columns' classes: `ResultSet.column_types`.
    pub(crate) fn types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let user_types = self.user_types.as_ref().map(|user_types| user_types.bind(py));
        let classes = self.classes.get_or_try_init(py, || {
            let of = |column: &Column| Ok(codec::class_of(py, &column.cql_type, user_types)?.unbind());
            self.columns.iter().map(of).collect::<PyResult<Vec<_>>>()
        })?;
        PyList::new(py, classes.iter().map(|class| class.bind(py)))
    }

    /// A page: `rows` rows in `cells`, each cell a `[bytes]`; an error names the sender.
    pub(crate) fn decode<'py>(
        &self,
        py: Python<'py>,
        cells: &[u8],
        rows: usize,
        factory: RowFactory,
        sender: Option<SocketAddr>,
    ) -> PyResult<Bound<'py, PyList>> {
        let least = self.columns.len().saturating_mul(4);
        if rows > 0 && (least == 0 || rows.saturating_mul(least) > cells.len()) {
            let columns = self.columns.len();
            let sent = errors::sent_by(sender);
            let text = format!("{rows} rows of {columns} columns cannot be in {} bytes{sent}", cells.len());
            return Err(errors::driver_exception(py, text));
        }
        let mut page = Page { decoder: self, sender, reader: Reader::new(cells), row: Vec::new() };
        let rows: Vec<Bound<'py, PyAny>> = match factory {
            RowFactory::Tuple => (0..rows).map(|_| page.tuple(py)).collect::<PyResult<_>>()?,
            RowFactory::NamedTuple => {
                let class = self.row_class(py)?;
                (0..rows).map(|_| page.named_tuple(py, class)).collect::<PyResult<_>>()?
            }
            RowFactory::Dict => (0..rows).map(|_| page.dict(py)).collect::<PyResult<_>>()?,
            RowFactory::OrderedDict => {
                let class = python::ORDERED_DICT.get(py)?;
                (0..rows).map(|_| page.ordered_dict(py, class)).collect::<PyResult<_>>()?
            }
        };
        PyList::new(py, rows)
    }

    /// A page by a row factory: one of the reference's four, or any callable on column names and rows.
    pub(crate) fn decode_with<'py>(
        &self,
        cells: &[u8],
        rows: usize,
        factory: &Bound<'py, PyAny>,
        sender: Option<SocketAddr>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = factory.py();
        match RowFactory::recognise(factory)? {
            Some(known) => Ok(self.decode(py, cells, rows, known, sender)?.into_any()),
            None => {
                let tuples = self.decode(py, cells, rows, RowFactory::Tuple, sender)?;
                program::call(factory, (self.names(py)?, tuples))
            }
        }
    }

    fn row_class<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        let class = self.row_class.get_or_try_init(py, || {
            let class = python::ROW_CLASS.get(py)?.call1((self.names(py)?.to_tuple(),))?;
            Ok::<_, PyErr>(class.cast_into::<PyType>()?.unbind())
        })?;
        Ok(class.bind(py))
    }
}

/// Where reading is in a page; the row's items are collected in one buffer for all rows.
struct Page<'a, 'py> {
    decoder: &'a RowDecoder,
    sender: Option<SocketAddr>,
    reader: Reader<'a>,
    row: Vec<Bound<'py, PyAny>>,
}

impl<'py> Page<'_, 'py> {
    fn cell(&mut self, py: Python<'py>, column: &Column) -> PyResult<Bound<'py, PyAny>> {
        let decoded = match self.reader.value() {
            Ok(Value::Bytes(bytes)) => column.codec.decode_cell(py, Some(bytes)),
            Ok(Value::Null) => Ok(py.None().into_bound(py)),
            Ok(Value::Unset) => Err(DecodeFailure::malformed("a cell cannot be 'not set'")),
            Err(error) => Err(Box::<DecodeFailure>::from(error)),
        };
        decoded.map_err(|failure| {
            let name = column.name.bind(py).to_string_lossy().into_owned();
            failure.in_column(py, &name, &column.codec.name(py), self.sender)
        })
    }

    fn fill(&mut self, py: Python<'py>) -> PyResult<()> {
        self.row.clear();
        for column in &self.decoder.columns {
            let item = self.cell(py, column)?;
            self.row.push(item);
        }
        Ok(())
    }

    fn tuple(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.fill(py)?;
        let row = PyTuple::new(py, self.row.drain(..))?.into_any();
        objects::leave_to_counting(&row);
        Ok(row)
    }

    fn named_tuple(&mut self, py: Python<'py>, class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
        self.fill(py)?;
        let row = objects::named_tuple(class, &mut self.row)?;
        objects::leave_to_counting(&row);
        Ok(row)
    }

    fn dict(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let dict = PyDict::new(py);
        for column in &self.decoder.columns {
            let item = self.cell(py, column)?;
            dict.set_item(&column.name, item)?;
        }
        Ok(dict.into_any())
    }

    fn ordered_dict(&mut self, py: Python<'py>, class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let dict = class.call0()?;
        for column in &self.decoder.columns {
            let item = self.cell(py, column)?;
            dict.set_item(&column.name, item)?;
        }
        Ok(dict)
    }
}
