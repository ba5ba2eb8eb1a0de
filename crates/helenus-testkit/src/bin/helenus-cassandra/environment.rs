//! What a program has to know about a cluster, as environment variables.

use helenus_testkit::cassandra::Cassandra;

/// The variables and their values.
pub(crate) fn of(cluster: &Cassandra) -> Vec<(&'static str, String)> {
    let addresses = cluster.contact_points();
    let hosts: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    let mut variables = vec![
        ("HELENUS_CONTACT_POINTS", hosts.join(",")),
        ("HELENUS_PORT", addresses.first().map_or(9042, |address| address.port()).to_string()),
        ("HELENUS_CASSANDRA_VERSION", cluster.version().to_owned()),
    ];
    if let Some((name, password)) = cluster.credentials() {
        variables.extend([("HELENUS_USER", name.to_owned()), ("HELENUS_PASSWORD", password.to_owned())]);
    }
    if let Some(certificates) = cluster.certificates() {
        let client = if cluster.knows_certificates() { certificates.spiffe() } else { certificates.client() };
        let shown = |path: std::path::PathBuf| path.display().to_string();
        variables.extend([
            ("HELENUS_CA", shown(certificates.ca())),
            ("HELENUS_CERT", shown(client.certificate)),
            ("HELENUS_KEY", shown(client.key)),
            ("HELENUS_CERTIFICATES", shown(certificates.directory().to_owned())),
        ]);
    }
    variables
}
