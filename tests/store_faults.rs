//! An object store that fails (faults 9 to 11): errors are retried, a lost reply stores nothing twice, and a store that
//! ignores conditional writes is refused before anything is written.

mod demo;
mod live;
mod servers;

use demo::stderr;
use ingest::kafka::Producer;
use live::{Live, Produced};
use servers::s3_faults::{FailingS3, Fault};
use servers::{S3, S3_KEY};
use std::collections::HashMap;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;
use warehouse::Warehouse;

/// A broker with some batches, and tables in a bucket behind a gateway that fails.
struct Desk {
    live: Live,
    gateway: FailingS3,
    options: HashMap<String, String>,
    produced: Produced,
    s3: S3,
}

impl Desk {
    async fn open() -> Option<Self> {
        let s3 = S3::start()?;
        let live = Live::open("")?;
        let gateway = FailingS3::before(s3.server.address);
        let mut options: HashMap<String, String> =
            s3.options().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        options.insert("aws_endpoint".into(), format!("http://{}", gateway.address));
        let config = live.folder.path().join("openbooks.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text.replace("warehouse = \"warehouse\"", "warehouse = \"s3://books/tables\"");
        let store: String = options.iter().map(|(name, value)| format!("{name} = \"{value}\"\n")).collect();
        std::fs::write(&config, format!("{text}\n[store]\n{store}")).unwrap();
        options.insert("aws_secret_access_key".into(), S3_KEY.1.into());
        let producer = Producer::new(&live.kafka.broker()).unwrap();
        let mut produced = Produced::default();
        for number in 1..=40 {
            produced.batch(&producer, number, 5, 64).await;
        }
        Some(Self { live, gateway, options, produced, s3 })
    }

    fn sink(&self) -> Output {
        // Small buffers: many commits.
        let mut command = self.live.command(&["ingest", "sink", "--once", "--rows-max", "60"]);
        command.env("AWS_SECRET_ACCESS_KEY", S3_KEY.1).output().unwrap()
    }

    fn warehouse(&self) -> Warehouse {
        Warehouse::at("s3://books/tables", self.options.clone()).unwrap()
    }

    fn failures(&self) -> u64 {
        self.gateway.failures.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_answers_errors_loses_nothing() {
    let Some(desk) = Desk::open().await else { return };
    desk.gateway.fail(Fault::Flaky);
    let output = desk.sink();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(desk.failures() > 50, "only {} answers were errors", desk.failures());
    desk.gateway.fail(Fault::None);
    live::hold_exactly(&desk.warehouse(), &desk.produced).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_lost_after_the_commit_landed_stores_nothing_twice() {
    let Some(desk) = Desk::open().await else { return };
    desk.gateway.fail(Fault::LosesReplies);
    let output = desk.sink();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(desk.failures() > 10, "only {} replies were lost", desk.failures());
    assert!(!String::from_utf8_lossy(&output.stdout).contains("was faster"), "its own commits are recognised");
    desk.gateway.fail(Fault::None);
    live::hold_exactly(&desk.warehouse(), &desk.produced).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_killed_again_and_again_loses_nothing() {
    let Some(mut desk) = Desk::open().await else { return };
    for turn in 0..6_u64 {
        let mut command = desk.live.command(&["ingest", "sink", "--once", "--rows-max", "60"]);
        command.env("AWS_SECRET_ACCESS_KEY", S3_KEY.1).stdout(Stdio::null()).stderr(Stdio::null());
        let mut sink = command.spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(900 + turn * 531 % 1_500)).await;
        desk.s3.restart(Duration::from_millis(400));
        // Whether it outlives that or gives up, what it says is true.
        let code = sink.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 75)), "{code:?}");
    }
    let output = desk.sink();
    assert!(output.status.success(), "{}", stderr(&output));
    live::hold_exactly(&desk.warehouse(), &desk.produced).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_is_told_and_loses_nothing() {
    let Some(live) = Live::open("") else { return };
    let producer = Producer::new(&live.kafka.broker()).unwrap();
    let mut produced = Produced::default();
    for number in 1..=40 {
        // 1.6 MB that nothing compresses.
        produced.batch(&producer, number, 10, 4_096).await;
    }
    let tables = live.folder.path().join("warehouse");
    let sink = live.command(&["ingest", "sink", "--once", "--rows-max", "60"]);
    let words: Vec<String> = sink.get_args().map(|word| word.to_str().unwrap().to_owned()).collect();
    // A file system of its own, which only this shell sees: full at first, then large enough.
    let script = "mkdir -p \"$1\" \"$2\" && mount -t tmpfs -o size=1m none \"$1\" || exit 99; shift_to=$2; tables=$1; shift 2
        \"$@\"; code=$?; mount -o remount,size=64m \"$tables\" && \"$@\" || exit 98; cp -a \"$tables/.\" \"$shift_to\"; exit $code";
    let kept = live.folder.path().join("kept");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(&tables).arg(&kept).arg(sink.get_program()).args(words);
    let output = command.output().unwrap();
    if output.status.code() == Some(99) || stderr(&output).contains("unshare") {
        println!("skipped: no file system can be mounted here: {}", stderr(&output));
        return;
    }
    assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    assert!(stderr(&output).contains("No space left on device"), "{}", stderr(&output));
    std::fs::remove_dir_all(&tables).unwrap();
    std::fs::rename(&kept, &tables).unwrap();
    live.holds_exactly(&produced).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_ignores_conditional_writes_is_refused() {
    let Some(desk) = Desk::open().await else { return };
    desk.gateway.fail(Fault::IgnoresConditions);
    let output = desk.sink();
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("ignores conditional writes"), "{}", stderr(&output));
    desk.gateway.fail(Fault::None);
    let log: Vec<warehouse::tables::RawLog> = desk.warehouse().read(warehouse::Slice::All).await.unwrap();
    assert!(log.is_empty(), "nothing was written");
}
