"""Texts of others in prompts: a special token that is spelled in a question or a reply is text like any other."""

from __future__ import annotations

import copy
import re
import weakref
from typing import Any

#: A character for private use: a mark, a code point in hexadecimal and a mark stand for that character.
_MARK = "\uf8fd"
_ESCAPED = re.compile(f"{_MARK}([0-9a-f]+){_MARK}")


#: Copies of tokenizers that know no special token. A flag of a call would be one of the tokenizer, which threads share.
_LITERAL: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def _special(tokenizer: Any) -> list[str]:
    tokens = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    return sorted(tokens, key=len, reverse=True)


def encode(tokenizer: Any, text: str) -> list[int]:
    """Ids of a text of others, none of them a special token."""
    if not any(token in text for token in _special(tokenizer)):
        return list(tokenizer.encode(text, add_special_tokens=False))
    if tokenizer not in _LITERAL:
        _LITERAL[tokenizer] = copy.deepcopy(tokenizer)
    return list(_LITERAL[tokenizer](text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


def render(processor: Any, messages: list[dict[str, Any]], thinking: bool | None) -> str:
    """The prompt by the chat template, special tokens in its texts escaped; `read` undoes that. So is the beginning of one at
    the end of a text, which what follows might complete."""
    tokens = _special(processor.tokenizer)
    starts = re.compile("|".join(re.escape(c) for c in sorted({_MARK, *(token[0] for token in tokens)})))

    def escaped(text: str) -> str:
        def one(match: re.Match[str]) -> str:
            rest = text[match.start() :]
            begins = any(rest.startswith(token) or token.startswith(rest) for token in tokens)
            return f"{_MARK}{ord(match[0]):x}{_MARK}" if begins or match[0] == _MARK else match[0]

        return starts.sub(one, text)

    safe = [
        {**message, "content": [{**part, "text": escaped(part["text"])} if "text" in part else part for part in message["content"]]}
        for message in messages
    ]
    more = {} if thinking is None else {"enable_thinking": thinking}
    return str(processor.apply_chat_template(safe, tokenize=False, add_generation_prompt=True, **more))


def read(tokenizer: Any, ids: list[int]) -> list[int]:
    """The ids of a rendered prompt with its escaped texts as they were."""
    text = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    if _MARK not in text:
        return ids
    out: list[int] = []
    for part in re.split(f"({'|'.join(map(re.escape, _special(tokenizer)))})", text):
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), part)
        # Parts at odd places are special tokens.
        out += encode(tokenizer, plain) if plain != part else tokenizer.encode(part, add_special_tokens=False)
    return out
