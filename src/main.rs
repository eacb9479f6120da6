//! The `openbooks` command: reads flags, environment and settings, starts the runtime, picks a command,
//! prints an error once and sets the exit code. What commands compute lives in the other crates.

#![allow(unreachable_pub, reason = "nothing of a binary is reachable from outside")]

mod bundle;
mod chain;
mod cli;
mod commands;
mod demo;
mod explain;
mod failure;
mod gateway;
mod health;
mod recompute;
mod settings;
mod show;
mod status;

use clap::{CommandFactory, Parser};
use cli::{ClaimPush, Cli, Command, ContributionCommand};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("the runtime cannot start")),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads us has seen enough, as `| head` does.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

#[expect(clippy::print_stderr, reason = "errors are talk: they go to stderr, once")]
fn fail(error: &anyhow::Error) -> ExitCode {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        // Some libraries repeat their cause in their own text.
        if said.last().is_none_or(|last| !last.contains(&cause)) {
            said.push(cause);
        }
    }
    eprintln!("openbooks: {}", said.join(": "));
    failure::exit_code(error)
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let (args, output) = (&cli.settings, cli.output);
    match cli.command {
        Command::Demo { recording, out, chain } => {
            commands::demo::demo(args, output, &recording, &out, chain.as_ref()).await
        }
        Command::Ingest(command) => commands::ingest::ingest(args, output, command).await,
        Command::Epoch(command) => commands::epoch::epoch(args, output, command).await,
        Command::Verify { epoch, bundle, chain, manifest_hash } => {
            if let (true, Some(epoch)) = (chain, epoch) {
                commands::commit::on_chain(args, epoch).await?;
            }
            commands::verify::verify(args, output, epoch, bundle.as_deref(), manifest_hash).await
        }
        Command::Explain(what) => commands::explain::explain(args, output, &what).await,
        Command::Proof { account } => commands::proof::proof(args, output, account).await,
        Command::Claim(command) => match (command.push, command.account) {
            (Some(ClaimPush::Push { min, key }), _) => commands::claim::push(args, output, min, &key).await,
            (None, Some(account)) => commands::claim::claim(args, output, account, command.send, &command.key).await,
            (None, None) => Err(failure::Usage("name an account, or push".into()).into()),
        },
        Command::Contribution(ContributionCommand::Hash(what)) => commands::contribution::hash(output, &what),
        Command::Chain(command) => commands::chain::chain(args, output, command).await,
        Command::Status => commands::status::status(args, output).await,
        Command::Sql { query } => commands::sql::sql(args, output, &query).await,
        Command::Export(what) => commands::export::export(args, output, what).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "openbooks", &mut std::io::stdout());
            Ok(())
        }
    }
}
