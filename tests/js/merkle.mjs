// Reads {chainId, vault, leaves: [[account, cumulative]], proofs: {account: [sibling]}} from standard input and prints
// the root that OpenZeppelin's library gives, and for each proof whether it equals the library's own and verifies.
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { readFileSync } from "node:fs";

const types = ["uint256", "address", "address", "uint256"];
const { chainId, vault, leaves, proofs } = JSON.parse(readFileSync(0, "utf8"));
const values = leaves.map(([account, cumulative]) => [chainId, vault, account, cumulative]);
const tree = StandardMerkleTree.of(values, types);
const checked = {};
for (const [at, value] of tree.entries()) {
  const given = proofs[value[2]];
  if (given === undefined) continue;
  const same = JSON.stringify(tree.getProof(at)) === JSON.stringify(given);
  checked[value[2]] = same && StandardMerkleTree.verify(tree.root, types, value, given);
}
console.log(JSON.stringify({ root: tree.root, checked }));
