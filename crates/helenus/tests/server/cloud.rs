//! A secure connect bundle that leads to real nodes, by a proxy of the testkit.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use helenus::Cluster;
use helenus::cloud::SecureConnectBundle;
use helenus_testkit::cassandra::Cassandra;
use helenus_testkit::certificates::Certificates;
use helenus_testkit::cloud::Cloud;

use crate::wanted;

#[tokio::test]
async fn real_nodes_are_reached_by_a_bundle() {
    if !wanted("real_nodes_are_reached_by_a_bundle") {
        return;
    }
    let cassandra = Cassandra::builder().nodes(2).password(true).base_address(Ipv4Addr::new(127, 0, 60, 40));
    let cassandra = cassandra.start().unwrap();
    let login = |builder: helenus::ClusterBuilder| builder.credentials("cassandra", "cassandra");
    let points = cassandra.nodes().iter().map(|node| node.address().ip().to_string());
    let direct = login(Cluster::builder().contact_points(points)).connect().await.unwrap();
    let ids: BTreeMap<_, _> =
        direct.snapshot().hosts().iter().map(|host| (host.host_id().to_string(), host.address())).collect();
    direct.shut_down();

    let directory = std::env::temp_dir().join(format!("helenus-server-cloud-{}", std::process::id()));
    let certificates = Certificates::generate(&directory, &[]).unwrap();
    let cloud = Cloud::start(&certificates, ids.clone()).unwrap();
    let path = directory.join("secure-connect.zip");
    std::fs::write(&path, cloud.bundle().unwrap()).unwrap();
    let bundle = SecureConnectBundle::read(&path).unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    assert_eq!(bundle.keyspace(), Some("ks"));

    let session = login(Cluster::builder().secure_connect_bundle(bundle)).session().await.unwrap();
    let found: BTreeMap<_, _> =
        session.cluster().snapshot().hosts().iter().map(|h| (h.host_id().to_string(), h.address())).collect();
    assert_eq!(found, ids);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let rows = session.execute("SELECT host_id FROM system.local").await.unwrap();
        seen.insert(rows.rows_as::<(uuid::Uuid,)>().next().unwrap().unwrap().0.to_string());
        if seen.len() == ids.len() {
            break;
        }
    }
    assert!(seen.iter().eq(ids.keys()), "not all nodes were asked: {seen:?}");
}
