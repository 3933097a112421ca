//! `haechi._native`: the SDK for CPython. The Python package around it knows
//! the frameworks; this crate knows how to read a WSGI environment, a log
//! record and an exception without ever raising into the app.
//!
//! * `program`: the one recorder of the program and what is asked of it.
//! * `context`: which request is being handled.
//! * `environ`: a WSGI environment as the beginning of a request.
//! * `request`, `open_request`, `body`: a request from `start_response` to the
//!   last byte.
//! * `log_record`, `record_attributes`: a `logging.LogRecord` on its way to the
//!   spool, and what it was given beside its message.
//! * `output`, `printed`: what the program prints, and its lines on their way.
//! * `exception`, `captures`, `capture`: which exception is meant, and all that is
//!   kept of it.
//! * `spans`, `call_site`, `view_lines`: timed parts of a request, and where the
//!   app asked.
//! * `step`: functions of web2py, timed in their place.
//! * `driver_method`: methods of database drivers, timed in their place.
//! * `execution_handler`: pydal's statements, where its driver is not known.
//! * `gc_pauses`: what the garbage collector takes.
//! * `sampling`: where requests are that have become slow.
//! * `shield`: what happens when something of ours fails: nothing.

mod body;
mod call_site;
mod capture;
mod captures;
mod context;
mod driver_method;
mod environ;
mod exception;
mod execution_handler;
mod gc_pauses;
mod heads;
mod log_record;
mod named_arguments;
mod open_request;
mod output;
mod printed;
mod program;
mod record_attributes;
mod request;
mod sampling;
mod shield;
mod spans;
mod step;
mod utf8;
mod view_lines;

/// The module `haechi._native`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::body::Body;
    #[pymodule_export]
    use crate::captures::capture;
    #[pymodule_export]
    use crate::context::set_current;
    #[pymodule_export]
    use crate::driver_method::{DriverMethod, put_into_class};
    #[pymodule_export]
    use crate::execution_handler::ExecutionHandler;
    #[pymodule_export]
    use crate::gc_pauses::gc_pause;
    #[pymodule_export]
    use crate::log_record::{log_handle, log_record};
    #[pymodule_export]
    use crate::output::{OutputWrite, set_logging_code};
    #[pymodule_export]
    use crate::printed::end_output;
    #[pymodule_export]
    use crate::program::{
        configure, disable, enable, is_on, leave_site, set_app_folder, set_default_app,
        set_framework, set_log_path, statistics_html, statistics_json, status,
    };
    #[pymodule_export]
    use crate::request::{Request, begin};
    #[pymodule_export]
    use crate::sampling::end_looking;
    #[pymodule_export]
    use crate::spans::{set_queue_time, span, span_begin, span_end, span_part};
    #[pymodule_export]
    use crate::step::Step;
}
