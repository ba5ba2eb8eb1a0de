//! The name of each way in which a request can fail: OpenTelemetry's `error.type`. Few, fixed, and without any text of a peer's.

use helenus_protocol::response::ServerError;

use crate::error::{AttemptError, RequestFailure};

/// The name of what became of an attempt, in the words of the protocol: `read_timeout`, `connection_lost`…
#[must_use]
pub const fn error_type(error: &AttemptError) -> &'static str {
    match error {
        AttemptError::NoConnection(_) => "no_connection",
        AttemptError::Busy { .. } => "busy",
        AttemptError::Connection(_) => "connection_lost",
        AttemptError::Decode(_) => "decode",
        AttemptError::Encode(_) => "encode",
        AttemptError::Server(error) => match &**error {
            ServerError::ServerError { .. } => "server_error",
            ServerError::ProtocolError { .. } => "protocol_error",
            ServerError::AuthenticationError { .. } => "authentication_error",
            ServerError::Unavailable { .. } => "unavailable",
            ServerError::Overloaded { .. } => "overloaded",
            ServerError::IsBootstrapping { .. } => "is_bootstrapping",
            ServerError::TruncateError { .. } => "truncate_error",
            ServerError::WriteTimeout { .. } => "write_timeout",
            ServerError::ReadTimeout { .. } => "read_timeout",
            ServerError::ReadFailure { .. } => "read_failure",
            ServerError::FunctionFailure { .. } => "function_failure",
            ServerError::WriteFailure { .. } => "write_failure",
            ServerError::CdcWriteFailure { .. } => "cdc_write_failure",
            ServerError::CasWriteUnknown { .. } => "cas_write_unknown",
            ServerError::SyntaxError { .. } => "syntax_error",
            ServerError::Unauthorized { .. } => "unauthorized",
            ServerError::Invalid { .. } => "invalid",
            ServerError::ConfigError { .. } => "config_error",
            ServerError::AlreadyExists { .. } => "already_exists",
            ServerError::Unprepared { .. } => "unprepared",
            _ => "unknown_server_error",
        },
    }
}

/// The name of how a request failed: `timeout` where its time was over, `no_host_available` where no host is left, `busy`
/// where there was no room for it, else that of the error that ended it.
#[must_use]
pub const fn failure_type<H>(failure: &RequestFailure<H>) -> &'static str {
    match failure {
        RequestFailure::Exhausted { .. } => "no_host_available",
        RequestFailure::Attempt { error, .. } => error_type(error),
        RequestFailure::Busy { .. } => "busy",
        RequestFailure::TimedOut { .. } => "timeout",
    }
}

/// The server's code, where the server has said it (section 8).
pub(super) fn status_code(error: &AttemptError) -> Option<i32> {
    match error {
        AttemptError::Server(error) => Some(error.code()),
        _ => None,
    }
}
