//! The integration tests: everything through the gateway, in process, each test on its own in-memory system. One
//! binary, a module per function and per concern.

mod site;

mod login;
