// Encodes texts with Hugging Face's own tokenizers and writes ids.json.
// usage: node ids.mjs DIRECTORY, which holds tokenizer.json and texts.json (an array of strings)
import fs from 'node:fs';
import path from 'node:path';
import { Tokenizer } from 'tokenizers';

const directory = process.argv[2];
const tokenizer = Tokenizer.fromFile(path.join(directory, 'tokenizer.json'));
const rows = [];
for (const text of JSON.parse(fs.readFileSync(path.join(directory, 'texts.json'), 'utf8'))) {
  rows.push({ text, ids: (await tokenizer.encode(text)).getIds() });
}
fs.writeFileSync('ids.json', '[\n' + rows.map((row) => '  ' + JSON.stringify(row)).join(',\n') + '\n]\n');
