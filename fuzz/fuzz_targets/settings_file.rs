//! Any text is a settings file or refused in one line.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/haechi-cli/src/settings_file.rs"]
#[allow(dead_code, reason = "the fields are read by the program")]
mod settings_file;

fuzz_target!(|input: &str| {
    if let Err(why) = settings_file::parse(input) {
        assert!(!why.is_empty());
    }
});
