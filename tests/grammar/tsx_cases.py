"""TypeScript with JSX, by entry point: all that TypeScript has, less what looks like a tag, and JSX (see `typescript_cases`)."""

from __future__ import annotations

from tests.grammar import typescript_cases
from tests.grammar.typescript_cases import Cases, as_file

__all__ = ["ACCEPTED", "LOOSER", "REJECTED", "STRICTER", "as_file"]

# With JSX, `<A>b` and `<T>(a: T) => a` begin with a tag.
_TAG_LIKE = {"items": {"assertions"}, "block": {"arrows-typed"}}

_ACCEPTED: Cases = {
    "items": {
        "component": "export const A = ({ b }: P): JSX.Element => (\n  <div>\n    {b}\n  </div>\n)",
        "default": "export default () => <a />",
        "function-types": "type A = <T>(x: T) => T; type B = <T,>(x: T) => T; type C = <T extends D = E, U>(x: T) => U; type F = <const T>(x: T) => T",
        "call-signatures": "interface A {\n  <T>(x: T): T\n  <U, V>(x: U): V\n  new <W>(x: W): W\n  delete<X>(): X }",
        "generic-functions": "function f<T>(x: T) {}\nconst g = function <T>() {}\nclass A<T> { m<U>(x: U) {} }",
        "generic-call": "const a = useState<B | null>(null), c = f<D<E>>(g), h = i?.<J>(k)",
    },
    "block": {
        "self-closing": "a = <b/>; c = <d />; e = <f\n/>; g = <h / >",
        "element": "a = <b></b>; c = <d>e</d>; f = <g >h</g >",
        "fragment": "a = <></>; b = <>c<d/></>; e = < >f</ >",
        "nested": "a = <b><c><d/></c><e></e></b>",
        "names": "a = <b-c/>; d = <e.f.g/>; h = <i:j/>; k = <this.l/>; m = <var/>; n = <$o_/>; p = <ü></ü>; q = <await/>",
        "closing-names": "a = <b.c></b.c>; d = <e:f></e:f>; g = <h-i></h-i>; j = <K></\nK>",
        "attributes": "a = <b c d-e f:g h='i' j=\"k\" l={m} {...n} o/>",
        "attribute-strings": "a = <b c='\"' d=\"'\" e=\"\\\" f='g\nh' i='&amp;'j='{<>}'/>",
        "attribute-blanks": "a = <b c = 'd'\n  e\n  =\n  {f}{...g}\n/>",
        "attribute-element": "a = <b c={<d e={<f/>}/>}/>",
        "comments-in-tags": "a = <b /* c > */ d // e />\n f={/* g */ h} />",
        "text": "a = <b>it's // no /* comment `${c} &nbsp; \\u ; = 'd \" e</b>".replace(
            "${c}", "$"
        ),
        "text-lines": "a = <b>\n  c\n\n  d {' '}\n  e\n</b>",
        "text-parenthesis": "a = <div>(b)</div>; c = <Foo>(d)</Foo>; e = <T f>(g)</T>; h = <T> (i)</T>",
        "containers": "a = <b>{c}{...d}{}{/* e */}{\n// f\n}{g, h}</b>",
        "container-blocks": "a = <b c={() => { d(); return { e: `}${'}'}` } }}>{f.map(g => <h key={g}>{g}</h>)}</b>",
        "container-conditional": "a = <b>{c ? <d/> : <e>f</e>}{g && <h/>}{i || (\n<j/>\n)}</b>",
        "template": "a = `b${<c d={`e${<f/>}`}>g</c>}h`",
        "type-arguments": "a = <B<C> d='e'/>; f = <G<H<I>, { j: K<L> }>>m</G>; n = <O<(p: Q) => R>/>",
        "operators": "a = <b/> || <c/>; d = <e/> as F; g = <h/> ? <i/> : <j/>; k = !<l/>; m = typeof <n/>; o = p < <q/>",
        "operators-behind": "a = <b/> <= c; d = <e/> ** f; g = <h/> + 1 < i; j = <k/> instanceof L; m = <n/> / 2; o = <p/> << q",
        "places": "f(<a/>, <b/>); [<c/>]; ({ d: <e/> }); g = h => <i/>; j ? <k/> : <l/>; m = [...n, <o/>]",
        "statements": "<a/>; <b>c</b>\nreturn <d/>",
        "return": "return (\n  <a>\n    b\n  </a>\n)",
        "line-breaks": "const a = <b/>\nconst c = <d></d>\ne()",
        "arrows": "a = <T,>(b: T) => b; c = <const T, U>(d) => d; e = <T extends F>(g) => g; h = <T = I>(j) => <k/>",
        "arrows-async": "a = async <T,>(b: T) => b; c = async <T extends D>(e: T) => <f/>",
        "comparisons-beside": "a < b; c > d; e<f>(g); h = (i) < j; k[0] < l; m << n",
    },
}

_REJECTED: Cases = {
    "items": {
        "extends-element": "class A extends <b/> {}",
    },
    "block": {
        "unclosed": "a = <b>",
        "unclosed-inner": "a = <b><c></b>",
        "misnamed": "a = <b></c>",
        "misnamed-member": "a = <b.c></b>",
        "misnamed-space": "a = <a:b></a:c>",
        "misnamed-inner": "a = <b><c></b></c>",
        "misnamed-in-container": "a = <b>{<c></b>}</c>",
        "misnamed-arguments": "a = <B<C>></B<C>>",
        "fragment-misnamed": "a = <></a>",
        "element-fragment": "a = <b></>",
        "closing-alone": "a = </b>",
        "closing-attribute": "a = <b></b c>",
        "two-elements": "a = <b/><c/>",
        "two-below": "(<a/>\n<b/>)",
        "element-less": "a = <b/> < c",
        "member": "a = <b/>.c",
        "call": "a = <b/>()",
        "not-null": "a = <b/>!",
        "tagged": "a = <b/>`c`",
        "power-unary": "a = -<b/> ** c",
        "text-brace": "a = <b>}</b>",
        "text-greater": "a = <b>></b>",
        "text-less": "a = <b>c < d</b>",
        "attribute-bare": "a = <b c=d/>",
        "attribute-spread-value": "a = <b c={...d}/>",
        "attribute-braces": "a = <b {c}/>",
        "attribute-string": "a = <b 'c'/>",
        "attribute-open": "a = <b c='d/>",
        "attribute-names": "a = <b c:d:e/>",
        "container-statement": "a = <b>{c;}</b>",
        "container-open": "a = <b>{c</b>",
        "name-dash-first": "a = <-b/>",
        "name-two": "a = <a:b:c/>",
        "name-member-dash": "a = <a.b-c/>",
        "name-blank-closing": "a = <b>c< /b>",
        "arguments-member": "a = <B<C>.D/>",
        "arrow-lone": "a = <T>(b) => b",
        "arrow-async-lone": "a = async <T>(b) => b",
        "assertion": "a = <B>c",
        "comma-tag": "a = <T,></T>",
        "extends-tag": "a = <T extends b></T>",
        "extends-tag-lines": "a = <T extends\n  b></T>",
    },
}

_STRICTER: Cases = {
    "items": {
        "function-type-named": "type A = <Foo>(x: Foo) => Foo",
        "class-expression": "a = class <T> {}",
    },
    "block": {
        "attribute-nothing": "a = <b c={}/>",
        "attribute-element-bare": "a = <b c=<d/>/>",
        "attribute-extends": "a = <b extends/>",
        "named-const": "a = <const/>",
        "text-parenthesis-type": "a = <T>(b)</T>",
        "closing-blanks": "a = <b.c></b . c>",
        "closing-comment": "a = <b></b /* c */>",
        "after-header": "if (a) <b/>",
        "assigned": "<a/> = b",
        "greater": "a > <b/>",
        "for-init": "for (<a/>;;) {}",
    },
}

_LOOSER: Cases = {
    "items": {"await-element": "a = await <b/>"},
}


def joined(*tables: Cases) -> Cases:
    """The cases of several tables in one."""
    joined: Cases = {}
    for table in tables:
        for entry, texts in table.items():
            joined.setdefault(entry, {}).update(texts)
    return joined


def less(cases: Cases, labels: dict[str, set[str]]) -> Cases:
    """The cases but those of these labels."""
    return {
        entry: {label: text for label, text in texts.items() if label not in labels.get(entry, ())}
        for entry, texts in cases.items()
    }


def only(cases: Cases, labels: dict[str, set[str]]) -> Cases:
    """The cases of these labels."""
    return {
        entry: {label: text for label, text in texts.items() if label in labels.get(entry, ())}
        for entry, texts in cases.items()
    }


ACCEPTED = joined(less(typescript_cases.ACCEPTED, _TAG_LIKE), _ACCEPTED)
REJECTED = joined(typescript_cases.REJECTED, _REJECTED)
STRICTER = joined(typescript_cases.STRICTER, _STRICTER)
LOOSER = joined(typescript_cases.LOOSER, _LOOSER)
