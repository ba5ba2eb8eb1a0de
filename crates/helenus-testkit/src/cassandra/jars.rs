//! The server's jars: fetched by Maven once per version, kept in a cache of the user's.
//!
//! Not here: how a node is started from them ([`jvm`](super::jvm)).
//!
//! A version's directory appears in the cache whole or not at all (made beside it, then renamed), and a lock file makes
//! the second of two processes wait for the first instead of fetching as well.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::builder::Watcher;
use super::error::{Error, Result};

/// The versions that the testkit is tested with; others may well work.
pub const VERSIONS: &[&str] = &["5.0.6", "4.1.10"];

/// Fetches the jars of `version` if this user does not have them yet, and tells where they are.
pub fn fetch(version: &str) -> Result<PathBuf> {
    Jars::of(version, &Watcher::to_standard_error()).map(|jars| jars.home)
}

/// Where one version of the server lies.
#[derive(Debug, Clone)]
pub(crate) struct Jars {
    version: String,
    home: PathBuf,
}

impl Jars {
    /// The jars of `version` (such as `5.0.6`), fetched if this user does not have them yet.
    pub(crate) fn of(version: &str, watcher: &Watcher) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if version.is_empty()
            || !version.starts_with(|c: char| c.is_ascii_digit())
            || !version.chars().all(plain)
        {
            return Err(Error::Unsupported(format!("{version:?} is not a version of Apache Cassandra")));
        }
        let cache = cache_directory()?;
        fs::create_dir_all(&cache).map_err(Error::io(format!("making the cache {}", cache.display())))?;
        let jars = Self { version: version.to_owned(), home: cache.join(version) };
        if !jars.home.is_dir() {
            let _lock = jars.lock("fetch", watcher)?;
            if !jars.home.is_dir() {
                jars.fetch(&cache, watcher)?;
            }
        }
        Ok(jars)
    }

    /// The directory of this version in the cache.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// `5` of `5.0.6`.
    pub(crate) fn major(&self) -> u32 {
        self.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
    }

    /// All jars, in a stable order: the archive of classes is only good for one order.
    pub(crate) fn paths(&self) -> Result<Vec<PathBuf>> {
        let lib = self.home.join("lib");
        let entries = fs::read_dir(&lib).map_err(Error::io(format!("reading {}", lib.display())))?;
        let mut jars: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "jar"))
            .collect();
        jars.sort();
        Ok(jars)
    }

    /// Holds the lock for `purpose` until dropped.
    pub(crate) fn lock(&self, purpose: &str, watcher: &Watcher) -> Result<File> {
        let path = self.home.with_file_name(format!("{}.{purpose}.lock", self.version));
        let what = || format!("locking {}", path.display());
        let file = File::create(&path).map_err(Error::io(what()))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) if !told => {
                    watcher.say(&format!(
                        "waiting for another process to {purpose} Apache Cassandra {}",
                        self.version
                    ));
                    told = true;
                }
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(source)) => return Err(Error::io(what())(source)),
            }
            watcher.sleep(Duration::from_millis(200))?;
        }
    }

    fn fetch(&self, cache: &Path, watcher: &Watcher) -> Result<()> {
        watcher.say(&format!("fetching Apache Cassandra {} with Maven (about 70 MB, once)", self.version));
        let partial = cache.join(format!("{}.partial", self.version));
        let _ = fs::remove_dir_all(&partial);
        fs::create_dir_all(&partial).map_err(Error::io(format!("making {}", partial.display())))?;
        fs::write(partial.join("pom.xml"), pom(&self.version)).map_err(Error::io("writing pom.xml"))?;
        self.run_maven(&partial, watcher)?;
        fs::rename(&partial, &self.home).map_err(Error::io(format!(
            "renaming {} to {}",
            partial.display(),
            self.home.display()
        )))
    }

    fn run_maven(&self, directory: &Path, watcher: &Watcher) -> Result<()> {
        let mut maven = Command::new("mvn")
            .args(["-B", "-Dstyle.color=never", "dependency:copy-dependencies", "-DoutputDirectory=lib"])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound => {
                    Error::MissingTool { tool: "Maven (mvn)", remedy: "apt-get install maven" }
                }
                _ => Error::io("starting mvn")(source),
            })?;
        let (send, lines) = mpsc::channel();
        if let Some(stdout) = maven.stdout.take() {
            std::thread::spawn(move || {
                BufReader::new(stdout)
                    .lines()
                    .map_while(std::result::Result::ok)
                    .try_for_each(|line| send.send(line))
            });
        }
        let mut said: Vec<String> = Vec::new();
        let (mut files, mut shown) = (0, Instant::now());
        loop {
            match lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => {
                    files += usize::from(line.contains("Downloaded from"));
                    said.push(line);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            if shown.elapsed() > Duration::from_secs(2) {
                watcher.say(&format!("  {files} files fetched"));
                shown = Instant::now();
            }
            if watcher.interrupted() {
                let _ = maven.kill();
                let _ = maven.wait();
                return Err(Error::Interrupted);
            }
        }
        let status = maven.wait().map_err(Error::io("waiting for mvn"))?;
        if status.success() {
            return Ok(());
        }
        said.retain(|line| line.starts_with("[ERROR]") || line.starts_with("[FATAL]"));
        said.truncate(1);
        Err(Error::Maven { version: self.version.clone(), output: said.join("\n") })
    }
}

fn cache_directory() -> Result<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    base.map(|base| base.join("helenus").join("cassandra")).ok_or_else(|| {
        Error::Unsupported(
            "neither XDG_CACHE_HOME nor HOME is set: nowhere to keep the server's jars".to_owned(),
        )
    })
}

fn pom(version: &str) -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>helenus</groupId>\n  <artifactId>cassandra-jars</artifactId>\n  <version>1</version>\n  \
         <dependencies>\n    <dependency>\n      <groupId>org.apache.cassandra</groupId>\n      \
         <artifactId>cassandra-all</artifactId>\n      <version>{version}</version>\n    </dependency>\n  \
         </dependencies>\n</project>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_never_a_path_or_markup() {
        for version in ["", "../5.0.6", "5.0/6", "<x>", "five", "5.0.6\n"] {
            let error = Jars::of(version, &Watcher::silent()).unwrap_err();
            assert!(matches!(error, Error::Unsupported(_)), "{version:?}: {error}");
        }
    }
}
