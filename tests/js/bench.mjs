// The tree of `make bench-merkle` by OpenZeppelin's own library: prints {root, seconds, proofs} of a tree over so many
// leaves, with all proofs.
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

const count = Number(process.argv[2]);
const vault = "0x5f00000000000000000000000000000000000001";
const values = Array.from({ length: count }, (_, at) => {
  const account = "0x" + (at + 1).toString(16).padStart(40, "0");
  return ["31337", vault, account, (BigInt(at + 1) * 1_000_000_007n).toString()];
});
const started = process.hrtime.bigint();
const tree = StandardMerkleTree.of(values, ["uint256", "address", "address", "uint256"]);
let proofs = 0;
for (let at = 0; at < count; at++) {
  tree.getProof(at);
  proofs += 1;
}
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ root: tree.root, seconds, proofs }));
