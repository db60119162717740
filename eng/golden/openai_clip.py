"""OpenAI's own code, for the other scripts: a clone of github.com/openai/CLIP at COMMIT, or at another that is told. Needs PyTorch only where a network is made."""
import importlib.util
import json
import os
import sys
import types

COMMIT = "d05afc436d78f1c48dc0dbf8e5980a9d471f35f6"


def module(checkout, name):
    """clip/NAME.py of the clone, without the package around it, which would want torchvision and downloads."""
    spec = importlib.util.spec_from_file_location(f"openai_{name}", os.path.join(checkout, "clip", f"{name}.py"))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def tokenizer(checkout):
    """simple_tokenizer.py's tokenizer, and whether ftfy is here; where it is not, texts that ftfy would repair keep their ids without it."""
    try:
        import ftfy  # noqa: F401
        has_ftfy = True
    except ImportError:
        sys.modules["ftfy"] = types.SimpleNamespace(fix_text=lambda text: text)
        has_ftfy = False
    return module(checkout, "simple_tokenizer").SimpleTokenizer(), has_ftfy


def tokenize(tokenizer, text, length=77):
    """clip.tokenize with truncate=True."""
    ids = [tokenizer.encoder["<|startoftext|>"], *tokenizer.encode(text), tokenizer.encoder["<|endoftext|>"]]
    if len(ids) > length:
        ids = ids[:length - 1] + ids[-1:]
    return ids + [0] * (length - len(ids))


def write_tokenizer_files(tokenizer, folder):
    """The files in which Hugging Face's exports carry the same vocabulary."""
    os.makedirs(folder, exist_ok=True)
    start, end = "<|startoftext|>", "<|endoftext|>"
    merges = [" ".join(pair) for pair in tokenizer.bpe_ranks]

    def token(content, normalized):
        return {"content": content, "lstrip": False, "normalized": normalized, "rstrip": False, "single_word": False}

    def write(name, content):
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))

    write("vocab.json", tokenizer.encoder)
    write("merges.txt", "#version: 0.2\n" + "\n".join(merges) + "\n")
    write("special_tokens_map.json", {"bos_token": token(start, True), "eos_token": token(end, False), "pad_token": token(end, False), "unk_token": token(end, False)})
    write("tokenizer_config.json", {
        "add_prefix_space": False, "added_tokens_decoder": {str(tokenizer.encoder[t]): {**token(t, t == start), "special": True} for t in (start, end)},
        "bos_token": start, "clean_up_tokenization_spaces": False, "do_lower_case": True, "eos_token": end, "errors": "replace", "model_max_length": 77,
        "pad_token": end, "tokenizer_class": "CLIPTokenizer", "unk_token": end})
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    write("tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": tokenizer.encoder[t], **token(t, t == start), "special": True} for t in (start, end)],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
        "post_processor": {"type": "RobertaProcessing", "sep": [end, tokenizer.encoder[end]], "cls": [start, tokenizer.encoder[start]],
                           "trim_offsets": False, "add_prefix_space": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": end, "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "fuse_unk": False,
                  "byte_fallback": False, "ignore_merges": False, "vocab": tokenizer.encoder, "merges": [m.split(" ") for m in merges]}})
