//! Haechi beside the libraries that Rust apps use; see `tests`.
