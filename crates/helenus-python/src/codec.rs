//! How the values of one CQL type look as Python objects: chosen once, used for every value.
//!
//! A [`Codec`] is built from a class of `cassandra.cqltypes`, the registry that users see and may change: where a
//! class's `deserialize` or `serialize` is not ours, the codec of that class calls Python ([`Kind::Python`]).
//! How bytes are read and written is told in [`decode`](crate::decode) and [`encode`](crate::encode).

mod kind;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use helenus_protocol::CqlType;
use helenus_protocol::types::MAX_DEPTH;
use pyo3::exceptions::{PyRecursionError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::python;

pub(crate) use kind::Kind;
use kind::scalar;

/// Raised by one each time a class of `cassandra.cqltypes` changes in a way that codecs were built upon.
static GENERATION: AtomicU64 = AtomicU64::new(0);
/// Whether all classes are as we made them.
static PRISTINE: AtomicBool = AtomicBool::new(true);
/// Codecs by type, for types without user-defined types inside (those differ between clusters).
static CODECS: Mutex<Option<CodecCache>> = Mutex::new(None);
/// The generation that they were built in, and the codecs.
type CodecCache = (u64, HashMap<CqlType, Arc<Codec>>);
/// As many types as any schema has; beyond it the cache starts anew.
const MAX_CACHED: usize = 4096;

/// The generation of the registry; what was built in another one is stale.
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Called by the registry when something changed that codecs are built upon; `patched` where a class's hooks were
/// replaced, or a user's class took the place of one of ours.
#[pyfunction]
pub(crate) fn types_changed(patched: bool) {
    if patched {
        PRISTINE.store(false, Ordering::Release);
    }
    GENERATION.fetch_add(1, Ordering::AcqRel);
}

/// A user-defined type: its fields, and what Python class its values are.
#[derive(Debug)]
pub(crate) struct UdtCodec {
    pub(crate) names: Vec<Py<PyString>>,
    pub(crate) fields: Vec<Codec>,
    pub(crate) class: UdtClass,
}

/// What Python class the values of a user-defined type are.
#[derive(Debug)]
pub(crate) enum UdtClass {
    /// A registered class, called with the fields as keywords.
    Registered(Py<PyAny>),
    /// A namedtuple.
    NamedTuple(Py<PyAny>),
    /// Too many fields for anything else.
    Tuple,
}

/// A vector: its elements and how many.
#[derive(Debug)]
pub(crate) struct VectorCodec {
    pub(crate) element: Codec,
    pub(crate) dimension: usize,
    /// The bytes of one element, where all have as many; otherwise each has its length in front.
    pub(crate) element_size: Option<usize>,
}

/// How the values of one type look as Python objects.
#[derive(Debug)]
pub(crate) struct Codec {
    pub(crate) kind: Kind,
    /// Whether zero bytes are a value of this type (text, blob), rather than the absence of one.
    pub(crate) empty_is_value: bool,
    /// Whether the user asked for `EMPTY` rather than `None` where zero bytes are no value.
    pub(crate) shows_empty: bool,
    /// The class it was built from.
    pub(crate) class: Option<Py<PyAny>>,
}

impl Codec {
    const fn plain(kind: Kind) -> Self {
        let empty_is_value = matches!(kind, Kind::Ascii | Kind::Blob | Kind::Text | Kind::Custom);
        Self { kind, empty_is_value, shows_empty: false, class: None }
    }

    /// The codec of a column: from the cache where no user-defined type is inside.
    pub(crate) fn of_type(
        py: Python<'_>,
        cql_type: &CqlType,
        user_types: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Arc<Self>> {
        let generation = generation();
        let cacheable = !has_user_type(cql_type);
        if cacheable
            && let Some((_, codecs)) = CODECS
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_ref()
                .filter(|(built_in, _)| *built_in == generation)
            && let Some(codec) = codecs.get(cql_type)
        {
            return Ok(Arc::clone(codec));
        }
        let plain = PRISTINE.load(Ordering::Acquire).then(|| plain_kind(cql_type)).flatten();
        let codec = Arc::new(match plain {
            Some(kind) => Self::plain(kind),
            None => Self::of_class(&class_of(py, cql_type, user_types)?)?,
        });
        if cacheable {
            let mut cache = CODECS.lock().unwrap_or_else(PoisonError::into_inner);
            let mut dropped = None;
            match cache.as_mut() {
                Some((built_in, codecs)) if *built_in == generation && codecs.len() < MAX_CACHED => {
                    codecs.insert(cql_type.clone(), Arc::clone(&codec));
                }
                _ => {
                    let begun = HashMap::from([(cql_type.clone(), Arc::clone(&codec))]);
                    dropped = cache.replace((generation, begun));
                }
            }
            drop(cache);
            // Dropping classes may run Python code: not under the lock.
            drop(dropped);
        }
        Ok(codec)
    }

    /// The codec of a class of the registry, or of a user's subclass.
    pub(crate) fn of_class(class: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::build(class, false, 0)
    }

    /// The codec of a class as if its own hooks had not been patched; what is inside it may be.
    pub(crate) fn of_class_itself(class: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::build(class, true, 0)
    }

    fn build(class: &Bound<'_, PyAny>, itself: bool, depth: usize) -> PyResult<Self> {
        let py = class.py();
        if depth > MAX_DEPTH {
            return Err(PyRecursionError::new_err(format!("a type nested more than {MAX_DEPTH} deep")));
        }
        let name = class.getattr(intern!(py, "_kind")).map_err(|_| {
            PyTypeError::new_err(format!("{class} is not a class of cassandra.cqltypes with a codec"))
        })?;
        let name = name.cast::<PyString>()?.to_cow()?.into_owned();
        if !itself
            && !PRISTINE.load(Ordering::Acquire)
            && class.call_method0(intern!(py, "_is_changed"))?.is_truthy()?
        {
            return Ok(Self {
                kind: Kind::Python,
                empty_is_value: true,
                shows_empty: false,
                class: Some(class.clone().unbind()),
            });
        }
        if matches!(name.as_str(), "frozen" | "reversed") {
            return match classes(class, "subtypes")?.as_slice() {
                [inner] => Self::build(inner, false, depth + 1),
                _ => Ok(Self::plain(Kind::Unparameterized).built_from(class)),
            };
        }
        if name == "python" {
            let class = Some(class.clone().unbind());
            return Ok(Self { kind: Kind::Python, empty_is_value: true, shows_empty: false, class });
        }
        let kind = match scalar(&name) {
            Some(kind) => kind,
            None => Self::nested(class, &name, depth)?,
        };
        let mut codec = Self::plain(kind);
        codec.shows_empty = class.getattr(intern!(py, "support_empty_values"))?.is_truthy()?;
        codec.empty_is_value = class.getattr(intern!(py, "empty_binary_ok"))?.is_truthy()?;
        Ok(codec.built_from(class))
    }

    fn built_from(mut self, class: &Bound<'_, PyAny>) -> Self {
        self.class = Some(class.clone().unbind());
        self
    }

    fn nested(class: &Bound<'_, PyAny>, name: &str, depth: usize) -> PyResult<Kind> {
        let py = class.py();
        if name == "vector" {
            let element = class.getattr(intern!(py, "subtype"))?;
            if element.is_none() {
                return Ok(Kind::Unparameterized);
            }
            let dimension = class.getattr(intern!(py, "vector_size"))?.extract()?;
            let element = Self::build(&element, false, depth + 1)?;
            let element_size = element.fixed_size();
            return Ok(Kind::Vector(Box::new(VectorCodec { element, dimension, element_size })));
        }
        let inner = classes(class, "subtypes")?;
        let mut inner: Vec<Self> =
            inner.iter().map(|class| Self::build(class, false, depth + 1)).collect::<PyResult<_>>()?;
        Ok(match (name, inner.len()) {
            ("list", 1) => Kind::List(Box::new(inner.remove(0))),
            ("set", 1) => Kind::Set(Box::new(inner.remove(0))),
            ("map", 2) => {
                let key = inner.remove(0);
                Kind::Map(Box::new(key), Box::new(inner.remove(0)))
            }
            ("tuple", _) => Kind::Tuple(inner),
            ("composite", _) => Kind::Composite(inner),
            ("udt", _) => Kind::Udt(Box::new(UdtCodec::new(class, inner)?)),
            ("list" | "set" | "map", _) => Kind::Unparameterized,
            _ => return Err(PyTypeError::new_err(format!("{class} has the unknown kind '{name}'"))),
        })
    }

    /// The class of the registry: the one it was built from, or the one that its kind has by itself.
    pub(crate) fn class<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.class {
            Some(class) => Ok(class.bind(py).clone()),
            None => python::CLASS_OF.get(py)?.call1(((self.kind.plain_name(),), py.None())),
        }
    }

    /// The bytes of every value, where all have as many: what decides how vectors look.
    ///
    /// Cassandra's `AbstractType.valueLengthIfFixed`: tinyint, smallint, date and time do not say that they are
    /// fixed, so vectors of them carry lengths.
    pub(crate) const fn fixed_size(&self) -> Option<usize> {
        match &self.kind {
            Kind::Boolean => Some(1),
            Kind::Int | Kind::Float => Some(4),
            Kind::Bigint | Kind::Double | Kind::Timestamp => Some(8),
            Kind::Uuid | Kind::Timeuuid => Some(16),
            Kind::Vector(vector) => match vector.element_size {
                Some(size) => size.checked_mul(vector.dimension),
                None => None,
            },
            _ => None,
        }
    }
}

impl UdtCodec {
    fn new(class: &Bound<'_, PyAny>, fields: Vec<Codec>) -> PyResult<Self> {
        let py = class.py();
        let names: Vec<Py<PyString>> = class
            .getattr(intern!(py, "fieldnames"))?
            .try_iter()?
            .map(|name| Ok(PyString::intern(py, &name?.extract::<String>()?).unbind()))
            .collect::<PyResult<_>>()?;
        if names.len() != fields.len() {
            let text = format!("{class} has {} field names for {} fields", names.len(), fields.len());
            return Err(PyTypeError::new_err(text));
        }
        let registered = class.getattr(intern!(py, "mapped_class"))?;
        let named_tuple = class.getattr(intern!(py, "tuple_type"))?;
        let class = if !registered.is_none() {
            UdtClass::Registered(registered.unbind())
        } else if !named_tuple.is_none() {
            UdtClass::NamedTuple(named_tuple.unbind())
        } else {
            UdtClass::Tuple
        };
        Ok(Self { names, fields, class })
    }
}

/// The class of the registry for a type: what `column_types` shows.
pub(crate) fn class_of<'py>(
    py: Python<'py>,
    cql_type: &CqlType,
    user_types: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let description = describe(py, cql_type)?;
    python::CLASS_OF.get(py)?.call1((description, user_types))
}

/// A type as the registry's `_class_of` reads it: `(kind, …)`, nested.
fn describe<'py>(py: Python<'py>, cql_type: &CqlType) -> PyResult<Bound<'py, PyTuple>> {
    match cql_type {
        CqlType::List(inner) => ("list", describe(py, inner)?).into_pyobject(py),
        CqlType::Set(inner) => ("set", describe(py, inner)?).into_pyobject(py),
        CqlType::Map(key, value) => ("map", describe(py, key)?, describe(py, value)?).into_pyobject(py),
        CqlType::Frozen(inner) => describe(py, inner),
        CqlType::Vector(inner, dimension) => ("vector", describe(py, inner)?, dimension).into_pyobject(py),
        CqlType::Tuple(fields) => {
            let fields = fields.iter().map(|field| describe(py, field)).collect::<PyResult<Vec<_>>>()?;
            ("tuple", PyTuple::new(py, fields)?).into_pyobject(py)
        }
        CqlType::Udt(user_type) => {
            let names = PyTuple::new(py, user_type.fields.iter().map(|(name, _)| name))?;
            let fields = user_type
                .fields
                .iter()
                .map(|(_, field)| describe(py, field))
                .collect::<PyResult<Vec<_>>>()?;
            ("udt", &user_type.keyspace, &user_type.name, names, PyTuple::new(py, fields)?).into_pyobject(py)
        }
        CqlType::Custom(class_name) => ("custom", &**class_name).into_pyobject(py),
        scalar => (scalar.native_name().unwrap_or_default(),).into_pyobject(py),
    }
}

fn classes<'py>(class: &Bound<'py, PyAny>, attribute: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    class.getattr(attribute)?.try_iter()?.collect()
}

fn has_user_type(cql_type: &CqlType) -> bool {
    match cql_type {
        CqlType::Udt(_) => true,
        CqlType::List(inner) | CqlType::Set(inner) | CqlType::Vector(inner, _) | CqlType::Frozen(inner) => {
            has_user_type(inner)
        }
        CqlType::Map(key, value) => has_user_type(key) || has_user_type(value),
        CqlType::Tuple(fields) => fields.iter().any(has_user_type),
        _ => false,
    }
}

/// The kinds that need no class to be built.
fn plain_kind(cql_type: &CqlType) -> Option<Kind> {
    scalar(cql_type.unfrozen().native_name()?)
}
