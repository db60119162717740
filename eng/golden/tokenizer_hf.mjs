// Hugging Face's side of tokenizer.py: texts as a JSON array on the standard input, ids on the standard output.
// Run in a folder in which "npm install tokenizers@0.23.2" has been: node tokenizer_hf.mjs TOKENIZER.json
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { Tokenizer } = createRequire(process.cwd() + '/')('tokenizers');
const tokenizer = Tokenizer.fromFile(process.argv[2]);
const ids = [];
for (const text of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  ids.push((await tokenizer.encode(text)).getIds());
}
console.log(JSON.stringify(ids));
