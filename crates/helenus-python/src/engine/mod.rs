//! The engine as Python sees it: clusters, sessions, requests under way, results. The façade in `python/cassandra`
//! stands on these classes; nothing is decided here.

mod auth;
mod bundle;
mod cluster;
mod concurrent;
mod config;
mod direct;
mod distances;
mod failures;
mod host_events;
mod hosts;
mod lanes;
pub(crate) mod logs;
mod policies;
mod request;
mod reserved;
mod result;
pub(crate) mod runtime;
mod session;
mod statement;
mod strand;
mod task;
mod tls;

pub(crate) use bundle::SecureConnectBundle;
pub(crate) use cluster::ClusterCore;
pub(crate) use concurrent::EndedCore;
pub(crate) use direct::DirectCore;
pub(crate) use request::RequestCore;
pub(crate) use reserved::ReservedCore;
pub(crate) use result::ResultCore;
pub(crate) use session::SessionCore;
pub(crate) use statement::PreparedCore;
pub(crate) use task::TaskCore;
