"""Counts words: text in; how many, and which are the most frequent, out."""

import re
from collections import Counter

# Letters of any script, with apostrophes and hyphens inside of a word.
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def handler(event, context):
    text = event.get("text")
    if not isinstance(text, str):
        raise TypeError('the event is { "text": "…" }')
    words = [word.casefold() for word in WORD.findall(text)]
    counts = Counter(words)
    print(f"{len(words)} words, {len(counts)} of them different")
    return {
        "lines": len(text.splitlines()),
        "words": len(words),
        "different": len(counts),
        "characters": len(text),
        "longest": max(counts, key=len, default=None),
        "top": [{"word": word, "count": count} for word, count in counts.most_common(event.get("top", 5))],
    }
