//! Names of contact points: who looks them up, when, and who waits for that.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use helenus::config::NameResolver;
use helenus::{Cluster, Error};

use super::{all_up, nodes, until};

/// A name server that answers once, and later when it is let.
#[derive(Debug, Default)]
struct Slow {
    address: Mutex<Option<IpAddr>>,
    asked: Mutex<Vec<String>>,
    heard: Condvar,
}

impl Slow {
    /// Waits until `condition` holds of what was asked, but not for ever.
    fn wait(&self, condition: impl Fn(&[String]) -> bool) -> bool {
        let asked = self.asked.lock().expect("not poisoned");
        let waited = self.heard.wait_timeout_while(asked, Duration::from_secs(20), |asked| !condition(asked));
        !waited.expect("not poisoned").1.timed_out()
    }

    fn tell(&self, name: &str) {
        self.asked.lock().expect("not poisoned").push(name.to_owned());
        self.heard.notify_all();
    }
}

impl NameResolver for Slow {
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.tell(name);
        let address = *self.address.lock().expect("not poisoned");
        let let_go = |asked: &[String]| asked.iter().any(|asked| asked == "let go");
        if name == "first.example" && !self.wait(|asked| asked.iter().any(|asked| asked == "second.example"))
        {
            return Err(io::Error::other("nobody asked for the second meanwhile"));
        }
        if name == "never.example" || address.is_none() {
            self.wait(let_go);
        }
        Ok(address.into_iter().collect())
    }
}

/// Names are not looked up before the hosts that are known were tried, and no name waits for another.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_server_that_hangs_holds_up_neither_a_takeover_nor_other_names() {
    let cluster = nodes(3, 3).start().expect("the mock starts");
    let names = Arc::new(Slow::default());
    *names.address.lock().expect("not poisoned") = Some(cluster.addresses()[0].ip());
    let mut settings =
        Cluster::builder().contact_points(["never.example", "first.example", "second.example"]);
    settings.config_mut().resolver = Arc::clone(&names) as _;
    settings.config_mut().connection.connect_timeout = Some(Duration::from_secs(2));
    let session = settings.session().await.expect("two names are known");
    all_up(&session).await;
    *names.address.lock().expect("not poisoned") = None;
    let asked = names.asked.lock().expect("not poisoned").len();
    let watcher = session.cluster();
    let lost = watcher.control_host().expect("there is one").address();
    cluster.nodes().find(|node| node.address() == lost).expect("it is one of them").stop();
    until("another has taken over", || watcher.control_host().is_some_and(|host| host.address() != lost))
        .await;
    assert_eq!(names.asked.lock().expect("not poisoned").len(), asked, "nobody had to be asked for");

    let mut nobody = Cluster::builder().contact_point("never.example");
    nobody.config_mut().resolver = Arc::clone(&names) as _;
    nobody.config_mut().connection.connect_timeout = Some(Duration::from_millis(100));
    let failure = nobody.connect().await.expect_err("it is never resolved").to_string();
    assert!(failure.contains("never.example: the resolver has not answered within 100ms"), "{failure}");
    names.tell("let go");
}

/// A name server that counts who waits for it at a time.
#[derive(Debug, Default)]
struct Crowded {
    address: Mutex<Option<IpAddr>>,
    /// How many wait, how many did at most, and how many were answered.
    waiting: Mutex<(usize, usize, usize)>,
}

impl NameResolver for Crowded {
    fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let change = |change: fn(&mut (usize, usize, usize))| {
            change(&mut self.waiting.lock().expect("not poisoned"));
        };
        change(|(now, most, _)| (*now, *most) = (*now + 1, (*most).max(*now + 1)));
        std::thread::sleep(Duration::from_millis(10));
        change(|(now, _, all)| (*now, *all) = (*now - 1, *all + 1));
        Ok((*self.address.lock().expect("not poisoned")).into_iter().collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_names_there_are_no_more_than_sixteen_are_looked_up_at_a_time() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let names = Arc::new(Crowded::default());
    *names.address.lock().expect("not poisoned") = Some(cluster.addresses()[0].ip());
    let mut settings = Cluster::builder().contact_points((0..200).map(|n| format!("db-{n}.example")));
    settings.config_mut().resolver = Arc::clone(&names) as _;
    settings.config_mut().connection.connect_timeout = Some(Duration::from_secs(20));
    settings.connect().await.expect("they are all the same node");
    let (_, most, all) = *names.waiting.lock().expect("not poisoned");
    assert_eq!(all, 200);
    assert!((2..=16).contains(&most), "side by side, and not too many: {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_point_may_have_a_port_of_its_own_or_a_zone() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let address = cluster.addresses()[0];
    let session = Cluster::builder().contact_point(address.to_string()).port(1).session().await;
    assert_eq!(
        session.expect("it is there").cluster().control_host().map(|host| host.address()),
        Some(address)
    );
    for (wrong, why) in [
        ("db.example:99999", "behind a colon stands a port from 1 to 65535"),
        ("db.example:", "behind a colon stands a port from 1 to 65535"),
        ("fe80::1%nowhere", "fe80::1%nowhere: "),
    ] {
        let failure = Cluster::builder().contact_point(wrong).connect().await.expect_err("it is none");
        let message = failure.to_string();
        assert!(message.contains("no contact point can be resolved") && message.contains(why), "{message}");
    }
    // The interface is there, and nobody listens.
    let mut nobody = Cluster::builder().contact_point("[fe80::1%lo]:9");
    nobody.config_mut().connection.connect_timeout = Some(Duration::from_secs(5));
    let failure = nobody.connect().await.expect_err("nobody listens");
    let Error::Connect(errors) = &failure else { panic!("{failure}") };
    assert!(matches!(errors[0].0, SocketAddr::V6(address) if address.scope_id() > 0 && address.port() == 9));
}
