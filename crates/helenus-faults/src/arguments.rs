//! What the runner is told on its command line.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::scenario::Scenario;

/// How to use it.
pub const USAGE: &str = "\
helenus-faults [SCENARIO…] [--seconds N] [--seed S] [--rate R] [--quick] [--base-address A]
               [--reference-python PYTHON]
helenus-faults --soak HOURS [--each SECONDS] [--vitals FILE] [--seed S] [--rate R] [--base-address A]

  SCENARIO          which, in this order; all without one. `test`: those of ./dev test
  --seconds N       how long each fault lasts (10; with --quick 4)
  --seed S          what chance begins with; printed in any case
  --rate R          operations a second (400; in a soak 2000)
  --quick           short windows
  --soak HOURS      one workload for so long, a fault at random --each so many seconds (60)
  --vitals FILE     where memory, descriptors and threads of each second go (faults-vitals.csv)
  --base-address A  the first node's address (127.0.70.1)
  --reference-python PYTHON
                    an interpreter that has cassandra-driver, for the scenarios that are held against it
                    (the variable HELENUS_REFERENCE_PYTHON; without either they say `not run`)

Scenarios:";

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Arguments {
    /// Which scenarios.
    pub scenarios: Vec<Scenario>,
    /// How long a fault lasts.
    pub fault: Duration,
    /// Whether the windows around it are short.
    pub quick: bool,
    /// What chance begins with.
    pub seed: u64,
    /// Operations a second.
    pub rate: u32,
    /// The first node's address.
    pub base: Ipv4Addr,
    /// A soak, and for how long.
    pub soak: Option<Duration>,
    /// How often a soak has a fault.
    pub each: Duration,
    /// Where its vitals go.
    pub vitals: PathBuf,
    /// The interpreter that has the reference; `None` without one on the command line.
    pub reference_python: Option<PathBuf>,
}

impl Arguments {
    /// Reads them; `None` if only help is wanted.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn parse(mut parser: lexopt::Parser, seed: u64) -> Result<Option<Self>, lexopt::Error> {
        let (mut scenarios, mut seconds, mut rate) = (Vec::new(), None, None);
        let mut arguments = Self {
            scenarios: Vec::new(),
            fault: Duration::ZERO,
            quick: false,
            seed,
            rate: 0,
            base: Ipv4Addr::new(127, 0, 70, 1),
            soak: None,
            each: Duration::from_secs(60),
            vitals: PathBuf::from("faults-vitals.csv"),
            reference_python: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") | Short('h') => return Ok(None),
                Long("seconds") => {
                    seconds = Some(at_least_one(parser.value()?.parse::<u64>()?, "--seconds")?);
                }
                Long("seed") => arguments.seed = parser.value()?.parse()?,
                Long("rate") => rate = Some(at_least_one(parser.value()?.parse::<u32>()?, "--rate")?),
                Long("quick") => arguments.quick = true,
                Long("base-address") => arguments.base = parser.value()?.parse()?,
                Long("soak") => arguments.soak = Some(hours(parser.value()?.parse()?)?),
                Long("each") => {
                    arguments.each =
                        Duration::from_secs(at_least_one(parser.value()?.parse::<u64>()?, "--each")?);
                }
                Long("vitals") => arguments.vitals = parser.value()?.into(),
                Long("reference-python") => arguments.reference_python = Some(parser.value()?.into()),
                Value(name) => scenarios.extend(named(&name.string()?)?),
                other => return Err(other.unexpected()),
            }
        }
        if arguments.soak.is_some() && !scenarios.is_empty() {
            return Err("a soak chooses its faults itself: leave out the scenarios".into());
        }
        arguments.scenarios = if scenarios.is_empty() { Scenario::ALL.to_vec() } else { scenarios };
        arguments.fault = Duration::from_secs(seconds.unwrap_or(if arguments.quick { 4 } else { 10 }));
        arguments.rate = rate.unwrap_or(if arguments.soak.is_some() { 2000 } else { 400 });
        Ok(Some(arguments))
    }
}

fn at_least_one<T: From<u8> + PartialOrd>(value: T, name: &str) -> Result<T, lexopt::Error> {
    if value < T::from(1) { Err(format!("{name} must be at least 1").into()) } else { Ok(value) }
}

fn hours(hours: f64) -> Result<Duration, lexopt::Error> {
    Duration::try_from_secs_f64(hours * 3600.0)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| format!("--soak {hours}: so many hours cannot be").into())
}

fn named(name: &str) -> Result<Vec<Scenario>, lexopt::Error> {
    if name == "test" {
        return Ok(Scenario::TESTED.to_vec());
    }
    let found = Scenario::ALL.into_iter().find(|scenario| scenario.plan().name == name);
    found.map(|scenario| vec![scenario]).ok_or_else(|| {
        let names: Vec<_> = Scenario::ALL.iter().map(|scenario| scenario.plan().name).collect();
        format!("there is no scenario {name:?}; there are {}", names.join(", ")).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Option<Arguments>, String> {
        Arguments::parse(lexopt::Parser::from_args(words), 7).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_and_what_is_said() {
        let defaults = parse(&[]).unwrap().unwrap();
        assert_eq!((defaults.scenarios.len(), defaults.seed, defaults.rate), (Scenario::ALL.len(), 7, 400));
        assert_eq!(defaults.fault, Duration::from_secs(10));
        let said = parse(&["pause", "kill", "--quick", "--seed", "3", "--rate", "50"]).unwrap().unwrap();
        assert_eq!(said.scenarios, [Scenario::Pause, Scenario::Kill]);
        assert_eq!((said.fault, said.seed, said.rate), (Duration::from_secs(4), 3, 50));
        assert_eq!(parse(&["test"]).unwrap().unwrap().scenarios, Scenario::TESTED);
        let soak = parse(&["--soak", "0.5"]).unwrap().unwrap();
        assert_eq!((soak.soak, soak.rate), (Some(Duration::from_secs(1800)), 2000));
        let python = parse(&["--reference-python", "/bin/python"]).unwrap().unwrap().reference_python;
        assert_eq!((python, defaults.reference_python), (Some("/bin/python".into()), None));
        assert_eq!(parse(&["--help"]), Ok(None));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (words, why) in [
            (&["nonsense"][..], "there is no scenario \"nonsense\"; there are lie, kill"),
            (&["--seconds", "0"], "--seconds must be at least 1"),
            (&["--rate", "0"], "--rate must be at least 1"),
            (&["--rate", "x"], "x"),
            (&["--soak", "nan"], "cannot be"),
            (&["--soak", "-1"], "cannot be"),
            (&["--soak", "0"], "cannot be"),
            (&["--soak", "1", "kill"], "leave out the scenarios"),
            (&["--fast"], "--fast"),
            (&["--base-address", "here"], "here"),
        ] {
            let error = parse(words).unwrap_err();
            assert!(error.contains(why), "{words:?}: {error}");
        }
    }
}
