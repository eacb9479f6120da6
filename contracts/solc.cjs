#!/usr/bin/env node
// The Solidity compiler from npm, with the command line that forge expects of a native one.
const solc = require("solc");
const fs = require("fs");

if (process.argv.includes("--standard-json")) {
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8")));
} else {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
}
