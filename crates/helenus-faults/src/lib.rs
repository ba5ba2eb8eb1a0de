//! The fault runner: three real Cassandra nodes, a proxy in front of each, a steady workload through the engine of which every
//! answer is checked, and one fault after another.
//!
//! * [`check`]: what histories are allowed. Pure. * [`workload`]: what is run, and what is noted of it.
//! * [`ring`]: the nodes and their proxies. * [`scenario`]: the faults. * [`run`]: one scenario from its beginning to its end.
//! * [`figures`]: what is measured, and what is to be reached. * [`audit`]: what the database holds in the end.
//! * [`mod@reference`]: the same fault under another driver, beside ours. * [`soak`]: hours of it. * [`vitals`]: memory, descriptors, threads.
//!
//! `docs/inside/11-faults.md` tells how to read what it prints.

pub mod arguments;
pub mod audit;
pub mod check;
pub mod figures;
pub mod reference;
pub mod ring;
pub mod run;
pub mod scenario;
pub mod soak;
pub mod table;
pub mod vitals;
pub mod workload;
