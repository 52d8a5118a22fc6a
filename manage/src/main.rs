//! `cargo manage COMMAND`.

use std::process::ExitCode;

fn main() -> ExitCode {
    manage::main()
}
