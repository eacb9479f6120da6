//! A broker that speaks TLS only to those who know a password, and lets not all of them do everything.

mod demo;
mod live;
mod servers;

use demo::stderr;
use ingest::kafka::Producer;
use live::{Live, Produced};
use servers::free_address;
use servers::kafka::Kafka;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// A key for the loopback address, and its certificate, which is its own authority.
fn certify(folder: &Path, name: &str) {
    let keystore = folder.join(format!("{name}.p12"));
    let run = |arguments: &[&str]| {
        let mut command = Command::new("keytool");
        command.args(arguments).args(["-alias", "broker", "-storetype", "PKCS12", "-storepass", "secret", "-keystore"]);
        let output = command.arg(&keystore).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    run(&["-genkeypair", "-keyalg", "EC", "-validity", "2", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1"]);
    run(&["-exportcert", "-rfc", "-file", folder.join(format!("{name}.pem")).to_str().unwrap()]);
}

/// What the broker needs to be one; who sinks may read, who has no right may not.
fn properties(folder: &Path, [plain, controller]: [SocketAddr; 2], secure: SocketAddr) -> Vec<String> {
    certify(folder, "broker");
    certify(folder, "other");
    let keystore = folder.join("broker.p12").display().to_string();
    let users = "user_sink=\"sink-secret\" user_guest=\"guest-secret\"";
    [
        format!("listeners=PLAINTEXT://{plain},CONTROLLER://{controller},SASL_SSL://{secure}"),
        format!("ssl.keystore.location={keystore}"),
        "ssl.keystore.password=secret".into(),
        "ssl.keystore.type=PKCS12".into(),
        "sasl.enabled.mechanisms=PLAIN".into(),
        format!(
            "listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
             required {users};"
        ),
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer".into(),
        "super.users=User:ANONYMOUS;User:sink".into(),
    ]
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_tls_and_sasl_pass_through_and_what_is_wrong_with_them_is_told() {
    let secure = free_address();
    let Some(kafka) = Kafka::start_with(|folder, addresses| properties(folder, addresses, secure)) else { return };
    let plain = kafka.broker();
    let Some(live) = Live::before(kafka, "") else { return };
    let producer = Producer::new(&plain).unwrap();
    let mut produced = Produced::default();
    for number in 1..=20 {
        produced.batch(&producer, number, 3, 64).await;
    }
    let config = live.folder.path().join("openbooks.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace(live.kafka.broker().place(), &secure.to_string());
    let sink = |authority: &str, user: &str, password: &str| {
        let authority = live.kafka.folder().join(authority);
        let more = format!(
            "\"security.protocol\" = \"sasl_ssl\"\n\"sasl.mechanism\" = \"PLAIN\"\n\"sasl.username\" = \"{user}\"\n\
             \"ssl.ca.location\" = \"{}\"\n",
            authority.display()
        );
        std::fs::write(&config, format!("{text}{more}")).unwrap();
        let output = live.command(&["ingest", "sink", "--once"]).env("KAFKA_SASL_PASSWORD", password).output().unwrap();
        (output.status.code(), stderr(&output))
    };
    let refused = |(code, said): (Option<i32>, String), expected: i32, words: &[&str]| {
        assert_eq!(code, Some(expected), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("openbooks: ")).count(), 1, "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    };
    refused(sink("other.pem", "sink", "sink-secret"), 75, &["certificate verify failed"]);
    refused(sink("broker.pem", "sink", "wrong"), 2, &["Authentication failed"]);
    refused(sink("broker.pem", "guest", "guest-secret"), 4, &["shows no topic", "allow this user"]);
    let (code, said) = sink("broker.pem", "sink", "sink-secret");
    assert_eq!(code, Some(0), "{said}");
    live.holds_exactly(&produced).await;
}
