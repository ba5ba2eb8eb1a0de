//! The Java that runs a node, and the options that make a small node boot fast.
//!
//! Measured on two cores (Cassandra 5.0.6, Java 17, one node with passwords, from the start of the process to the default role):
//! 6.7 s of wall clock and 11.2 s of CPU with the ordinary options; 3.6 s and 4.5 s with those below. What each brings,
//! in CPU: only the first compiler tier 3.5 s; an archive of the loaded classes 2 s; a short estimate of the memtable's overhead 1.2 s.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::builder::Watcher;
use super::error::{Error, Result};
use super::jars::Jars;

const EXPORTS: &[&str] = &[
    "java.base/java.lang.ref",
    "java.base/java.lang.reflect",
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "jdk.unsupported/sun.misc",
];

const OPENS: &[&str] = &[
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.math",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.management/com.sun.management.internal",
];

/// What a node is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// For clients.
    Serve,
    /// To see which classes it loads: they are written to the archive at its end.
    MakeArchive,
}

/// A Java and the class path of one version of the server.
#[derive(Debug, Clone)]
pub(crate) struct Jvm {
    java: PathBuf,
    java_version: String,
    jars: Jars,
    class_path: Vec<PathBuf>,
}

impl Jvm {
    /// Finds Java, by `JAVA_HOME` or on the path, and checks that it is one that Cassandra runs on.
    pub(crate) fn new(jars: Jars) -> Result<Self> {
        let java = std::env::var_os("JAVA_HOME")
            .map(|home| PathBuf::from(home).join("bin").join("java"))
            .filter(|java| java.is_file())
            .unwrap_or_else(|| PathBuf::from("java"));
        let missing = Error::MissingTool { tool: "Java", remedy: "apt-get install openjdk-17-jdk-headless" };
        let output = Command::new(&java).arg("-version").output().map_err(|_| missing)?;
        let java_version = quoted(&String::from_utf8_lossy(&output.stderr));
        if !matches!(major(&java_version), 11..=17) {
            return Err(Error::JavaVersion { path: java, found: java_version });
        }
        let class_path = jars.paths()?;
        Ok(Self { java, java_version, jars, class_path })
    }

    /// The major version of the server.
    pub(crate) fn server_major(&self) -> u32 {
        self.jars.major()
    }

    /// A command that runs a node whose files are below `directory`, as [`yaml`](super::yaml) wrote them.
    pub(crate) fn node(
        &self,
        directory: &Path,
        heap_mib: u32,
        properties: &[(String, String)],
        purpose: Purpose,
    ) -> Command {
        let mut command = Command::new(&self.java);
        command.current_dir(directory);
        let jamm = self.class_path.iter().find(|jar| file_name_starts_with(jar, "jamm-"));
        match (purpose, jamm, self.archive()) {
            // Java writes no archive while an agent is loaded, but then loads it beside one.
            (Purpose::MakeArchive, ..) => {
                command.arg(joined("-XX:ArchiveClassesAtExit=", &self.partial_archive_path()));
            }
            (Purpose::Serve, jamm, archive) => {
                command.args(jamm.map(|jamm| joined("-javaagent:", jamm)));
                command.args(archive.map(|archive| joined("-XX:SharedArchiveFile=", &archive)));
            }
        }
        command.args([
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xss512k",
            "-Xshare:auto",
        ]);
        command.args([format!("-Xms{}m", (heap_mib / 4).max(64)), format!("-Xmx{heap_mib}m")]);
        command.args(["-XX:+ExitOnOutOfMemoryError", "-Djdk.attach.allowAttachSelf=true"]);
        open_modules(&mut command);
        command.arg(joined("-Dcassandra.config=file://", &directory.join("cassandra.yaml")));
        command.arg(joined("-Dcassandra.storagedir=", directory));
        command.arg(joined("-Dcassandra.logdir=", directory));
        command.arg(joined(
            "-Dcassandra-rackdc.properties=file://",
            &directory.join("cassandra-rackdc.properties"),
        ));
        command.arg(joined("-Dlogback.configurationFile=", &directory.join("logback.xml")));
        // Not 0: a node that has to wait for others would try again without a pause.
        command.args([
            "-Dcassandra.ring_delay_ms=2000",
            "-Dcassandra.skip_wait_for_gossip_to_settle=0",
            "-Dcassandra.superuser_setup_delay_ms=100",
            "-Dcassandra.memtable_row_overhead_computation_step=100",
        ]);
        command.args(properties.iter().map(|(name, value)| format!("-D{name}={value}")));
        command
    }

    /// The end of the command line: the class path and the main class.
    pub(crate) fn finish(&self, command: &mut Command) {
        self.main(command, "org.apache.cassandra.service.CassandraDaemon");
    }

    fn main(&self, command: &mut Command, class: &str) {
        let paths = std::env::join_paths(&self.class_path).unwrap_or_default();
        command.arg("-cp").arg(paths).arg(class);
    }

    /// A command that manages the node which listens on `port` of 127.0.0.1 for that, and has its files in `directory`.
    pub(crate) fn nodetool(&self, directory: &Path, port: u16, words: &[&str]) -> Command {
        let mut command = Command::new(&self.java);
        // It keeps a history in what it takes for the user's home.
        command.current_dir(directory).arg(joined("-Duser.home=", directory));
        command.arg(joined("-Dlogback.configurationFile=", &directory.join("logback.xml")));
        command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"]);
        open_modules(&mut command);
        self.main(&mut command, "org.apache.cassandra.tools.NodeTool");
        command.args(["-h", "127.0.0.1", "-p", &port.to_string()]).args(words);
        command
    }

    /// The archive of loaded classes, if it has been made.
    fn archive(&self) -> Option<PathBuf> {
        Some(self.archive_path()).filter(|path| path.is_file())
    }

    /// Has `boot` run a node for [`Purpose::MakeArchive`] to its ordinary end. Without an archive all works, only
    /// slower: a failure here is told and otherwise passed over.
    pub(crate) fn make_archive(&self, watcher: &Watcher, boot: impl FnOnce() -> Result<()>) -> Result<()> {
        // Archives of an application's classes came with Java 13. Cassandra 4 does not run without its agent, beside
        // which Java writes none.
        if major(&self.java_version) < 13 || self.server_major() < 5 || self.archive().is_some() {
            return Ok(());
        }
        let _lock = self.jars.lock("prepare", watcher)?;
        if self.archive().is_some() {
            return Ok(());
        }
        watcher
            .say("preparing an archive of its classes, so that each later start takes half the time (once)");
        let partial = self.partial_archive_path();
        let _ = fs::remove_file(&partial);
        match boot() {
            Ok(()) if partial.is_file() => fs::rename(&partial, self.archive_path())
                .map_err(Error::io("renaming the archive of classes")),
            Err(error @ (Error::Interrupted | Error::AddressInUse { .. })) => Err(error),
            outcome => {
                let why =
                    outcome.err().map_or_else(|| "Java wrote none".to_owned(), |error| error.to_string());
                watcher.say(&format!("  going on without one: {why}"));
                Ok(())
            }
        }
    }

    fn partial_archive_path(&self) -> PathBuf {
        self.archive_path().with_extension("partial")
    }

    fn archive_path(&self) -> PathBuf {
        self.jars.home().join(format!("classes-{}.jsa", self.java_version))
    }

    /// How long a node may take to come up before it is given up: many times what it takes, for machines that are busy.
    pub(crate) const BOOT_TIMEOUT: Duration = Duration::from_secs(240);
}

/// What Cassandra takes from Java's inside.
fn open_modules(command: &mut Command) {
    command.args(EXPORTS.iter().map(|package| format!("--add-exports={package}=ALL-UNNAMED")));
    command.args(OPENS.iter().map(|package| format!("--add-opens={package}=ALL-UNNAMED")));
}

fn joined(prefix: &str, path: &Path) -> OsString {
    let mut joined = OsString::from(prefix);
    joined.push(path);
    joined
}

fn file_name_starts_with(path: &Path, prefix: &str) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(prefix))
}

/// `17.0.15` of `openjdk version "17.0.15" 2025-04-15`.
fn quoted(text: &str) -> String {
    text.split('"').nth(1).unwrap_or("of an unknown version").to_owned()
}

/// `17` of `17.0.15`, `8` of `1.8.0_402`.
fn major(version: &str) -> u32 {
    let mut numbers = version.split(['.', '-', '_', '+']).map(|number| number.parse().unwrap_or(0));
    match numbers.next() {
        Some(1) => numbers.next().unwrap_or(0),
        first => first.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_java() {
        assert_eq!(quoted("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"), "17.0.15");
        assert_eq!(quoted("sh: nothing"), "of an unknown version");
        for (version, number) in
            [("17.0.15", 17), ("1.8.0_402", 8), ("21", 21), ("22-ea", 22), ("x", 0), ("", 0)]
        {
            assert_eq!(major(version), number, "{version}");
        }
    }
}
