//! Who we are: rounds of SASL, providers that rotate, servers that ask for what was not meant for them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use helenus::auth::{
    AuthError, AuthProvider, Authenticator, Credentials, MutualTls, PlainText, RotatingPlainText,
};
use helenus::protocol::request::Request;
use helenus::protocol::{ProtocolVersion, RequestOpcode, ResponseOpcode};
use helenus::{ClusterBuilder, Error};
use helenus_testkit::mock::{Authentication, RunningCluster, body, opcode};

use crate::{nodes, settings};

fn asking(authentication: Authentication) -> RunningCluster {
    nodes(1, 1).authentication(authentication).start().expect("the mock starts")
}

fn password() -> Authentication {
    Authentication::password("alice", "s3cret")
}

/// The tokens that reached the node.
fn tokens(cluster: &RunningCluster) -> Vec<Vec<u8>> {
    let received = cluster.received(&opcode(RequestOpcode::AuthResponse));
    let token = |request: &Request| match request {
        Request::AuthResponse(response) => response.token.as_deref().unwrap_or_default().to_vec(),
        other => panic!("{other:?}"),
    };
    received.iter().map(|received| token(&received.request)).collect()
}

async fn refusal(builder: ClusterBuilder) -> String {
    let error = builder.session().await.expect_err("nobody is let in");
    assert!(matches!(&error, Error::Connect(errors) if errors[0].1.is_authentication()), "{error:?}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    shown
}

/// Counts rounds, and checks the server's last word.
#[derive(Debug, Default)]
struct Rounds {
    seen: Mutex<Vec<Vec<u8>>>,
    last: Arc<Mutex<Vec<Option<Vec<u8>>>>>,
    proof: Option<&'static [u8]>,
}

#[derive(Debug)]
struct RoundsProvider(Arc<Rounds>);

impl AuthProvider for RoundsProvider {
    fn authenticator(&self, _: SocketAddr, _: &str) -> Result<Box<dyn Authenticator>, AuthError> {
        Ok(Box::new(RoundsAuthenticator(Arc::clone(&self.0))))
    }
}

struct RoundsAuthenticator(Arc<Rounds>);

impl Authenticator for RoundsAuthenticator {
    fn initial_response(&mut self) -> Result<Vec<u8>, AuthError> {
        Ok(b"begin".to_vec())
    }

    fn evaluate_challenge(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        self.0.seen.lock().unwrap().push(challenge.to_vec());
        Ok(b"\0alice\0s3cret".to_vec())
    }

    fn on_success(&mut self, token: Option<&[u8]>) -> Result<(), AuthError> {
        self.0.last.lock().unwrap().push(token.map(<[u8]>::to_vec));
        match self.0.proof {
            Some(proof) if token != Some(proof) => Err(AuthError("the server has not proved itself".into())),
            _ => Ok(()),
        }
    }
}

/// W10 of docs/promises.md.
#[tokio::test]
async fn sixteen_rounds_are_answered_and_not_one_more() {
    for version in ProtocolVersion::ALL {
        let challenges = |count: u8| (0..count).map(|n| vec![n; 3]).collect::<Vec<_>>();
        let cluster = asking(Authentication { challenges: challenges(16), ..password() });
        let rounds = Arc::new(Rounds::default());
        let builder = settings(&cluster).protocol_version(version);
        let provider = Arc::new(RoundsProvider(Arc::clone(&rounds)));
        let session = builder.auth_provider(provider).session().await.expect("sixteen rounds are fine");
        let seen = rounds.seen.lock().unwrap().clone();
        assert_eq!(seen[..16], challenges(16)[..]);
        assert!(!rounds.last.lock().unwrap().is_empty(), "the authenticator was not told of its success");
        drop(session);

        let endless = asking(Authentication { challenges: challenges(17), ..password() });
        let provider = Arc::new(RoundsProvider(Arc::default()));
        let words = refusal(settings(&endless).protocol_version(version).auth_provider(provider)).await;
        assert!(words.contains("more than 16 authentication challenges"), "{words}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_prove_itself_is_refused() {
    let cluster = asking(Authentication { anyone: true, success: Some(b"ok".to_vec()), ..password() });
    let provider =
        |proof| Arc::new(RoundsProvider(Arc::new(Rounds { proof: Some(proof), ..Rounds::default() })));
    settings(&cluster).auth_provider(provider(b"ok")).session().await.expect("it has proved itself");
    let words = refusal(settings(&cluster).auth_provider(provider(b"no"))).await;
    assert!(words.contains("the server has not proved itself"), "{words}");
}

/// W10 of docs/promises.md.
#[tokio::test]
async fn a_class_that_was_not_meant_gets_no_password() {
    for class in ["", "com.example.PasswordAuthenticator", "org.apache.cassandra.auth.MutualTlsAuthenticator"]
    {
        let cluster = asking(Authentication { authenticator: class.into(), ..password() });
        let words = refusal(settings(&cluster).credentials("alice", "s3cret")).await;
        assert!(words.contains("is not known to take a user name and a password; none was sent"), "{words}");
        assert_eq!(tokens(&cluster), Vec::<Vec<u8>>::new());
        let meant = PlainText::new("alice", "s3cret").also_for(class);
        settings(&cluster).auth_provider(Arc::new(meant)).session().await.expect("it was meant");
    }
}

#[tokio::test]
async fn a_password_is_not_what_answers_a_challenge() {
    let cluster = asking(Authentication { challenges: vec![b"your pin?".to_vec()], ..password() });
    let words = refusal(settings(&cluster).credentials("alice", "s3cret")).await;
    assert!(words.contains("a challenge that a user name and a password do not answer"), "{words}");
}

/// W10 of docs/promises.md.
#[tokio::test]
async fn a_server_that_asks_for_nothing_is_refused_where_authentication_is_required() {
    let open = nodes(1, 1).start().expect("the mock starts");
    let with = || settings(&open).credentials("alice", "s3cret");
    with().session().await.expect("by default, it will do");
    let words = refusal(with().require_authentication(true)).await;
    assert!(words.contains("asks for no credentials although authentication is required"), "{words}");
    assert_eq!(tokens(&open), Vec::<Vec<u8>>::new());
    let asking = asking(password());
    let builder = settings(&asking).credentials("alice", "s3cret").require_authentication(true);
    builder.session().await.expect("this one asks");
}

/// W10 of docs/promises.md.
#[tokio::test]
async fn a_success_that_was_not_asked_for_breaks_the_protocol() {
    let cluster = asking(password());
    cluster.on(opcode(RequestOpcode::Startup), body(ResponseOpcode::AuthSuccess, [0xFF; 4]));
    let error = settings(&cluster).credentials("alice", "s3cret").session().await.expect_err("too early");
    assert!(error.to_string().contains("AUTH_SUCCESS"), "{error}");
    assert_eq!(tokens(&cluster), Vec::<Vec<u8>>::new());
}

/// W10 of docs/promises.md: whatever a server says out of its turn, the credentials are said once at most, and nobody is taken for
/// logged in.
#[tokio::test]
async fn what_is_said_out_of_turn_breaks_the_protocol() {
    use RequestOpcode::{AuthResponse, Options, Startup};
    let class = [&[0, 47][..], b"org.apache.cassandra.auth.PasswordAuthenticator"].concat();
    let challenge = [0, 0, 0, 1, b'?'];
    for (instead, opcode_said, said, sent) in [
        (Options, ResponseOpcode::Ready, &[][..], 0),
        (Options, ResponseOpcode::AuthSuccess, &[0xFF; 4], 0),
        (Startup, ResponseOpcode::Supported, &[0, 0], 0),
        (Startup, ResponseOpcode::AuthChallenge, &challenge, 0),
        (Startup, ResponseOpcode::Result, &[0, 0, 0, 1], 0),
        (AuthResponse, ResponseOpcode::Ready, &[], 1),
        (AuthResponse, ResponseOpcode::Authenticate, &class, 1),
        (AuthResponse, ResponseOpcode::Supported, &[0, 0], 1),
        (AuthResponse, ResponseOpcode::Result, &[0, 0, 0, 1], 1),
    ] {
        for version in ProtocolVersion::ALL {
            let cluster = asking(password());
            cluster.on(opcode(instead), body(opcode_said, said.to_vec()));
            let builder = settings(&cluster).protocol_version(version).credentials("alice", "s3cret");
            let error = builder.session().await.expect_err("nobody is let in");
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(opcode_said.name()), "{instead:?} {version}: {shown}");
            assert!(!shown.contains("s3cret"), "{shown}");
            assert_eq!(tokens(&cluster).len(), sent, "{opcode_said:?} in answer to {instead:?} in {version}");
        }
    }
}

/// W10 of docs/promises.md.
#[tokio::test]
async fn a_nul_in_a_password_is_told_and_not_sent() {
    let cluster = asking(password());
    let words = refusal(settings(&cluster).credentials("alice", "s3cret\0")).await;
    assert!(words.contains("the password has a NUL"), "{words}");
    assert_eq!(tokens(&cluster), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn the_credentials_of_the_moment_are_used_by_each_connection() {
    let cluster = asking(password());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let current = Arc::new(Mutex::new("s3cret"));
    let read = Arc::clone(&current);
    let provider = RotatingPlainText::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(Credentials::new("alice", *read.lock().unwrap()))
    });
    let session = settings(&cluster).auth_provider(Arc::new(provider)).session().await.unwrap();
    let before = asked.load(Ordering::Relaxed);
    assert_eq!(before, tokens(&cluster).len());
    cluster.change(|world| world.authentication = Some(Authentication::password("alice", "n3w")));
    *current.lock().unwrap() = "n3w";
    cluster.node(0).close_connections();
    crate::until("a connection by the new password", || {
        asked.load(Ordering::Relaxed) > before
            && crate::is_connected(&session, &session.cluster().snapshot().hosts()[0])
    })
    .await;
    assert!(tokens(&cluster).contains(&b"\0alice\0n3w".to_vec()));
}

#[tokio::test]
async fn a_provider_that_fails_or_panics_or_hangs_fails_its_connection_only() {
    let cluster = asking(password());
    let fails = RotatingPlainText::new(|_| Err(AuthError("the vault is closed".into())));
    let words = refusal(settings(&cluster).auth_provider(Arc::new(fails))).await;
    assert!(words.contains("the vault is closed"), "{words}");

    let panics = RotatingPlainText::new(|_| panic!("on purpose, on a thread that may block"));
    let words = refusal(settings(&cluster).auth_provider(Arc::new(panics))).await;
    assert!(words.contains("the authentication provider panicked"), "{words}");

    #[derive(Debug)]
    struct Panicking;
    impl AuthProvider for Panicking {
        fn authenticator(&self, _: SocketAddr, _: &str) -> Result<Box<dyn Authenticator>, AuthError> {
            panic!("on purpose, on the task that connects")
        }
    }
    let words = refusal(settings(&cluster).auth_provider(Arc::new(Panicking))).await;
    assert!(words.contains("the authentication provider panicked"), "{words}");

    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let hangs = RotatingPlainText::new(move |_| {
        // Until the test lets go.
        let _released = held.lock().unwrap().recv();
        Err(AuthError("too late".into()))
    });
    let mut builder = settings(&cluster).auth_provider(Arc::new(hangs));
    builder.config_mut().connection.connect_timeout = Some(Duration::from_millis(200));
    let error = builder.session().await.expect_err("it hangs");
    assert!(error.to_string().contains("no connection within 200ms"), "{error}");
    drop(release);
}

#[tokio::test]
async fn a_certificate_says_nothing_and_only_where_it_is_looked_at() {
    let class = "org.apache.cassandra.auth.MutualTlsAuthenticator";
    let cluster = asking(Authentication { authenticator: class.into(), anyone: true, ..password() });
    settings(&cluster).auth_provider(Arc::new(MutualTls)).session().await.expect("the node has seen enough");
    assert!(tokens(&cluster).iter().all(Vec::is_empty) && !tokens(&cluster).is_empty());
    let other = asking(password());
    let words = refusal(settings(&other).auth_provider(Arc::new(MutualTls))).await;
    assert!(words.contains("does not look at certificates"), "{words}");
}

/// A1 of docs/promises.md.
#[tokio::test]
async fn passwords_of_every_length_arrive_whole() {
    for version in ProtocolVersion::ALL {
        for length in [0, 1, 131_000, 131_071, 1_000_000] {
            let long = "p".repeat(length);
            let cluster = asking(Authentication::password("alice", &long));
            let builder = settings(&cluster).protocol_version(version).credentials("alice", long);
            builder.session().await.expect("it is the right one");
        }
    }
}
