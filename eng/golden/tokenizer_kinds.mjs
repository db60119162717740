// Small tokenizers of every kind that a tokenizer.json can be, and ids by Hugging Face's Rust tokenizers, for the tests that run without the shared folder.
//
// usage: npm install tokenizers@0.23.2 && node tokenizer_kinds.mjs OUTPUT_FILE
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const { Tokenizer } = createRequire(path.join(process.cwd(), 'package.json'))('tokenizers');

let seed = 20261127;
const random = n => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0, Math.floor(seed / 4294967296 * n));
const pick = list => list[random(list.length)];

// A double array such as SentencePiece's (darts-clone), filled by the simplest method: each node's children go to the first place where all fit.
function charsMap(entries) {
    const root = { children: new Map() };
    const texts = [];
    let length = 0;
    for (const [from, to] of entries) {
        let node = root;
        for (const b of Buffer.from(from)) {
            if (!node.children.has(b)) node.children.set(b, { children: new Map() });
            node = node.children.get(b);
        }
        node.value = length;
        const text = Buffer.concat([Buffer.from(to), Buffer.from([0])]);
        texts.push(text);
        length += text.length;
    }
    const units = new Array(4096).fill(null);
    units[0] = 0;
    const place = (node, at) => {
        const labels = [...(node.value === undefined ? [] : [0]), ...[...node.children.keys()].sort((a, b) => a - b)];
        let offset = 1;
        while (labels.some(l => units[at ^ offset ^ l] !== null || (at ^ offset ^ l) === 0) || (at ^ offset) % 256 === 0) offset++;
        units[at] = (units[at] | (offset << 10) | (node.value === undefined ? 0 : 1 << 8)) >>> 0;
        for (const l of labels) units[at ^ offset ^ l] = l === 0 ? (node.value | 0x80000000) >>> 0 : l;
        for (const [l, child] of node.children) place(child, at ^ offset ^ l);
    };
    place(root, 0);
    const trie = Buffer.alloc(4 + 4 * units.length);
    trie.writeUInt32LE(4 * units.length, 0);
    units.forEach((u, i) => trie.writeUInt32LE((u ?? 0) >>> 0, 4 + 4 * i));
    return Buffer.concat([trie, ...texts]).toString('base64');
}

const map = charsMap([['\t', ' '], ['\r', ' '], ['\n', ' '], ['\u00a0', ' '], ['\u3000', ' '], ['\u0007', ''], ['ﬁ', 'fi'], ['①', '1'], ['e\u0301', 'é'], ['é\u0301', 'É'],
    ['Å', 'Å'], ['ｱ', 'ア'], ['\u200d', ' '], ['𝐀', 'A'], ['한', '한']]);
const precompiled = { type: 'Precompiled', precompiled_charsmap: map };
const replace = (pattern, content) => ({ type: 'Replace', pattern, content });
const metaspace = (prepend_scheme, split = true) => ({ type: 'Metaspace', replacement: '▁', prepend_scheme, split });
const special = (id, content, flags = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...flags });
const template = (before, after, ids) => ({
    type: 'TemplateProcessing',
    single: [...before.map(id => ({ SpecialToken: { id, type_id: 0 } })), { Sequence: { id: 'A', type_id: 0 } }, ...after.map(id => ({ SpecialToken: { id, type_id: 0 } }))],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: Object.fromEntries([...before, ...after].map(t => [t, { id: t, ids: [ids[t]], tokens: [t] }])),
});
const tokenizer = fields => ({ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...fields });

const words = ['cat', 'dog', 'photo', 'the', 'of', 'a', 'é', 'fi', 'ing', 's', '1', 'ア', '猫', '😀', '한', 'A'];
const letters = [...'abcdefghiostp1', 'é', 'ア', '猫', '😀', 'A'];
const marked = words.flatMap(w => ['▁' + w, w]);

function unigram(pieces, byteFallback, scores = pieces.map((_, i) => -1 - i / 8)) {
    return { type: 'Unigram', unk_id: 2, vocab: [['<pad>', 0], ['</s>', 0], ['<unk>', 0], ...pieces.map((p, i) => [p, scores[i]])], byte_fallback: byteFallback };
}

const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);

function bytePairs(texts, symbols, extra, options) {
    // Every text is joined from the left, so that each is reachable.
    const vocab = new Map();
    for (const t of ['<pad>', '</s>', '<unk>', ...extra, ...symbols]) if (!vocab.has(t)) vocab.set(t, vocab.size);
    const merges = [];
    for (const text of texts) {
        const chars = [...text];
        for (let i = 1, left = chars[0]; i < chars.length; left += chars[i++]) {
            if (!vocab.has(left) || !vocab.has(chars[i])) break;
            if (!vocab.has(left + chars[i])) vocab.set(left + chars[i], vocab.size);
            if (!merges.some(m => m[0] === left && m[1] === chars[i])) merges.push([left, chars[i]]);
        }
    }
    return { type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: false,
        ignore_merges: false, vocab: Object.fromEntries(vocab), merges, ...options };
}

const frame = [special(0, '<pad>'), special(1, '</s>'), special(2, '<unk>')];
const ended = template([], ['</s>'], { '</s>': 1 });
const wordPieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...words, '.', ',', '##s', '##ing', '##o', '##t', '##cat', '##é', '##1', 'ph', 'e', '##e', '##😀', '$'];
const wordPiece = { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 12,
    vocab: Object.fromEntries(wordPieces.map((t, i) => [t, i])) };
const bertFrame = [special(0, '[PAD]'), special(1, '[UNK]'), special(2, '[CLS]'), special(3, '[SEP]')];
const bert = { added_tokens: bertFrame, model: wordPiece, pre_tokenizer: { type: 'BertPreTokenizer' }, decoder: { type: 'WordPiece', prefix: '##', cleanup: true } };
const bertNormalizer = { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };

const kinds = {
    't5': tokenizer({ added_tokens: frame, normalizer: { type: 'Sequence', normalizers: [precompiled, { type: 'Strip', strip_left: false, strip_right: true }, replace({ Regex: ' {2,}' }, '▁')] },
        pre_tokenizer: metaspace('always'), post_processor: ended, decoder: metaspace('always'), model: unigram(['▁', ...marked, ...letters], false) }),
    'xlm-r': tokenizer({ added_tokens: [special(1, '</s>'), special(2, '<unk>'), special(3, '<s>'), special(4, '<mask>', { lstrip: true })], normalizer: precompiled,
        pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Metaspace', replacement: '▁', add_prefix_space: true }] },
        post_processor: template(['<s>'], ['</s>'], { '<s>': 3, '</s>': 1 }), model: unigram(['<s>', '<mask>', '▁', ...marked, ...letters], false) }),
    'unigram-bytes': tokenizer({ added_tokens: frame, normalizer: replace({ String: ' ' }, '▁'), pre_tokenizer: null, post_processor: ended,
        model: unigram([...bytes, '▁', ...marked.filter(w => !/[é猫]/.test(w))], true) }),
    'unigram-first': tokenizer({ added_tokens: frame, normalizer: { type: 'Lowercase' }, pre_tokenizer: metaspace('first'), post_processor: ended, model: unigram(['▁', ...marked, ...letters], false) }),
    'unigram-whole': tokenizer({ added_tokens: frame, pre_tokenizer: metaspace('never', false), post_processor: ended, model: unigram(['▁', '▁▁', 's▁', ...marked, ...letters], false) }),
    'gemma': tokenizer({ added_tokens: [...frame, special(3, '\n\n', { special: false })], normalizer: replace({ String: ' ' }, '▁'), pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
        post_processor: ended, decoder: { type: 'Sequence', decoders: [replace({ String: '▁' }, ' '), { type: 'ByteFallback' }, { type: 'Fuse' }] },
        model: bytePairs([...marked, '▁▁', 's▁'], ['▁', '\t', ...letters], ['\n\n', ...bytes.filter(b => b !== '<0x09>' && b !== '<0xF0>')], { byte_fallback: true }) }),
    'nllb': tokenizer({ added_tokens: [...frame, special(3, 'eng_Latn'), special(4, 'kor_Hang'), special(5, '<mask>', { lstrip: true, normalized: true })],
        normalizer: { type: 'Sequence', normalizers: [precompiled, replace({ Regex: ' {2,}' }, ' ')] }, pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
        post_processor: template(['eng_Latn'], ['</s>'], { 'eng_Latn': 3, '</s>': 1 }), model: bytePairs(marked, ['▁', ...letters], ['eng_Latn', 'kor_Hang', '<mask>'], {}) }),
    'pairs-unfused': tokenizer({ added_tokens: frame, pre_tokenizer: metaspace('always'), post_processor: ended, model: bytePairs(marked, ['▁', ...letters], [], { fuse_unk: false, ignore_merges: true }) }),
    'pairs-dropped': tokenizer({ added_tokens: frame, pre_tokenizer: { type: 'WhitespaceSplit' }, post_processor: ended, model: bytePairs(marked, ['▁', ...letters], [], { unk_token: null }) }),
    'bert': tokenizer({ ...bert, normalizer: bertNormalizer, post_processor: template(['[CLS]'], ['[SEP]'], { '[CLS]': 2, '[SEP]': 3 }) }),
    'bert-cased': tokenizer({ ...bert, normalizer: { ...bertNormalizer, lowercase: false }, post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] } }),
    'bert-split': tokenizer({ ...bert, normalizer: { type: 'Prepend', prepend: 'a' }, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Whitespace' }, { type: 'Split', pattern: { Regex: '[o1]+' }, behavior: 'MergedWithNext', invert: false }] },
        post_processor: { type: 'RobertaProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2], trim_offsets: true, add_prefix_space: false } }),
};

// Merges may take bytes, too.
kinds['pairs-of-bytes'] = structuredClone(kinds['gemma']);
kinds['pairs-of-bytes'].model.vocab['<0xC3><0x96>'] = Object.keys(kinds['gemma'].model.vocab).length;
kinds['pairs-of-bytes'].model.merges.splice(3, 0, ['<0xC3>', '<0x96>']);
delete kinds['pairs-of-bytes'].decoder;

const parts = [...words, ' ', '  ', '\t', '\n\n', '\r\n', 'ﬁ', '①', 'e\u0301', 'é\u0301x', 'Å', 'A\u030a', 'ｱ', 'ｱ\uff9e', 'a\u200d', '𝐀', '한', '\u0007', 'İ', 'Σ', '.', ',', '$', 'q', 'qq', 'Z', '▁', '<mask>',
    ' <mask> ', '</s>', '<unk>', '[SEP]', 'kor_Hang', '\u00a0', '\u3000', '🤗', 'ж', '<0x41>', 'catsing', 'xxxxxxxxxxxxx', '##s', '\u00d6', '\u00d6s'];
const texts = ['', ' ', 'a photo of the cat', '  the dog  of a  cat ', 'cats, dogs.', '<mask>', 'q\tq\tq', ...Array.from({ length: 90 }, () => Array.from({ length: 1 + random(9) }, () => pick(parts)).join(pick(['', '', ' '])))];

// Models that are nothing but chance: many ways to cut a text, many of them with the same sum, and pairs that join in any order.
const alphabet = ['a', 'b', 'c', '▁', '😀'];
const mess = (n, most) => [...new Set(Array.from({ length: n }, () => Array.from({ length: 2 + random(most) }, () => pick(alphabet)).join('')))];
for (let i = 0; i < 12; i++) {
    const pieces = [...alphabet.filter(() => random(5) > 0), ...mess(30, 4)];
    kinds[`random-unigram-${i}`] = tokenizer({ added_tokens: frame, post_processor: ended, model: unigram(pieces, false, pieces.map(() => -random(6))) });
    kinds[`random-pairs-${i}`] = tokenizer({ added_tokens: frame, post_processor: ended, model: bytePairs(mess(12, 4), alphabet.filter(() => random(6) > 0), [], { fuse_unk: i % 2 === 0 }) });
}
const messes = Array.from({ length: 60 }, () => Array.from({ length: 1 + random(40) }, () => pick([...alphabet, 'x'])).join(''));

const out = {};
for (const [name, json] of Object.entries(kinds)) {
    const t = Tokenizer.fromString(JSON.stringify(json));
    const cases = [];
    for (const text of name.startsWith('random') ? messes : texts) {
        const ids = [...(await t.encode(text)).getIds()];
        // Without a decoder the library puts spaces between tokens, which says nothing of the kind.
        cases.push({ text, ids, ...(json.decoder ? { decoded: await t.decode(ids.slice(name.startsWith('bert') ? 1 : 0, -1), false) } : {}) });
    }
    out[name] = { tokenizer: json, cases };
}
fs.writeFileSync(process.argv[2], '{\n' + Object.entries(out).map(([n, v]) => `${JSON.stringify(n)}: { "tokenizer": ${JSON.stringify(v.tokenizer)},\n"cases": [\n${v.cases.map(c => JSON.stringify(c)).join(',\n')}\n] }`).join(',\n') + '\n}\n');
