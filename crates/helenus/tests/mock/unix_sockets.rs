//! A node that is reached by a Unix-domain socket: the control connection and those for requests go through it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use helenus::config::ContactPoint;
use helenus::{Cluster, Error};
use tokio::net::{TcpStream, UnixListener};

use super::{all_up, nodes};

/// A socket that leads to `address`, and how many have come through it.
fn door(path: &Path, address: SocketAddr) -> Arc<AtomicUsize> {
    let listener = UnixListener::bind(path).expect("a new path");
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut one, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let mut other = TcpStream::connect(address).await.expect("the mock listens");
            tokio::spawn(async move { _ = tokio::io::copy_bidirectional(&mut one, &mut other).await });
        }
    });
    came
}

fn path(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("helenus-{}-{name}.sock", std::process::id()));
    _ = std::fs::remove_file(&path);
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn all_connections_to_the_node_go_through_it() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let path = path("all");
    let came = door(&path, cluster.addresses()[0]);
    let mut builder = Cluster::builder();
    builder.config_mut().contact_points.push(ContactPoint::Unix(path.clone()));
    let session = builder.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session.execute("SELECT v FROM ks.t").await.expect("the mock answers");
    let snapshot = session.cluster().snapshot();
    let [host] = snapshot.hosts() else { panic!("{:?}", snapshot.hosts()) };
    assert_eq!(host.facts().socket.as_deref(), Some(&*path));
    assert_eq!(host.address(), cluster.addresses()[0], "which is what it calls itself");
    assert_eq!((came.load(Ordering::Relaxed), cluster.node(0).accepted()), (2, 2));
    _ = std::fs::remove_file(path);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_nodes_are_reached_as_ever() {
    let cluster = nodes(2, 1).start().expect("the mock starts");
    let path = path("others");
    let came = door(&path, cluster.addresses()[0]);
    let mut builder = Cluster::builder();
    builder.config_mut().contact_points.push(ContactPoint::Unix(path.clone()));
    builder.config_mut().port = cluster.addresses()[0].port();
    let session = builder.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    assert_eq!((came.load(Ordering::Relaxed), cluster.node(1).accepted()), (2, 1));
    _ = std::fs::remove_file(path);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_nowhere_is_named() {
    let path = path("nowhere");
    let mut builder = Cluster::builder();
    builder.config_mut().contact_points.push(ContactPoint::Unix(path.clone()));
    let failure = builder.session().await.expect_err("there is nothing");
    assert!(matches!(failure, Error::Connect(_)), "{failure}");
    assert!(failure.to_string().contains(&path.display().to_string()), "{failure}");
}
