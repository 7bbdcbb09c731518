"""JavaScript, by entry point: the cases of TypeScript with JSX, of which those that hold types are mistakes here.

The judge is TypeScript, which says of types in JavaScript files that they may not stand there.
"""

from __future__ import annotations

from tests.grammar import tsx_cases
from tests.grammar.tsx_cases import as_file, joined, less, only
from tests.grammar.typescript_cases import Cases

__all__ = ["ACCEPTED", "LOOSER", "REJECTED", "STRICTER", "as_file"]

# Labels of cases that hold types, or what else TypeScript has and JavaScript has not.
_TYPED_ITEMS = """
import-named import-type import-equals export-named export-all export-default-class export-default-interface
export-equals export-declarations type interface interface-members interface-calls-below interface-keywords enum
namespace global declare declare-type overloads function-lines parameters type-parameters predicates this-predicate
definite class class-shift class-call fields field-names modifiers constructors overloaded-methods computed-below decorators
class-expressions index-signatures unions type-literals arrays tuples functions predicate-types conditional
conditional-infer conditional-functions conditional-keys mapped object-types queries import-types generic-close
accessor-types newline-types this-types satisfies component function-types call-signatures generic-functions
generic-call type-arguments-empty jsdoc-type index-below-type function-type-named class-expression infer-nothing
overloads-below members-braces-below types-below types-and-blocks-below modules-below
conditional-infer-functions conditional-infer-last conditional-parameters question-marks-below
"""
_TYPED_STATEMENTS = """
as-const-at-end try local-declarations calls type-arguments arrows division operators arrows-async shifts-typed
"""
_TYPED = {"items": set(_TYPED_ITEMS.split()), "block": set(_TYPED_STATEMENTS.split())}
# TypeScript's parser takes these for elements, where there are no types.
_ELEMENTS = {"block": {"named-const", "text-parenthesis-type"}}
# Behind `<<` no type arguments are looked for, where there are no types.
_SHIFT_LABELS = """
shift-greater shift-greater-further shift-brackets shift-brackets-greater shift-conditional shift-right shift-right-below
shift-call shift-greater-sign shift-then-element
"""
_SHIFTS = {"block": set(_SHIFT_LABELS.split())}

_ACCEPTED: Cases = {
    "items": {
        "imports": "import a, { b, c as d, default as e, 'f' as g } from 'h'; import * as i from 'j'; import 'k'",
        "exports": "export { a, b as c, d as default }; export * from 'e'; export * as f from 'g'; export default {}",
        "exported": "export const a = 1; export function b() {} export class C {} export default class {}",
        "classes": "class A extends B { a; static b = 1; #c; [d] = 2; 'e'; async *f() {} get g() { } static { } }",
        "class-expressions": "const a = class {}, b = class C extends (d, e) {}",
        "decorators": "@a @b.c() class A { @d e = 1; @f() g() {} }\nexport @h class B {}",
        "components": "export const A = ({ b, ...c }) => (\n  <div {...c}>\n    {b}\n  </div>\n)",
        "words": "const type = 1, declare = 2, as = 3, is = 4, interface_ = 5, satisfies = 6, keyof = 7, readonly = 8",
        "words-at-end": "is\nsatisfies\nkeyof\ninfer\ntype\ndeclare",
    },
    "block": {
        "arrows": "() => { }; a => b; async a => b; ({ a }, [b], ...c) => d; (a = 1, b) => ({})",
        "comparisons": "a < b > (c); a < b > c; f(a < b, c > d)",
        "conditional": "a ? (b) : (c); a ? (b) => c : d; a ? b => c : (d) => e",
        "calls": "a(); a?.(); a?.b?.[c]?.d(...e,)",
        "braces-below": "a\n{ b }\nif (a)\n{ b }\nelse\n{ c }\nfunction f()\n{ d }\nclass E\n{ f()\n{ } }",
        "try": "try { } catch { } try { } catch ({ a }) { } finally { }",
        "division": "a / b / c; a() / b; (a) / b / c; `a` / b",
        "element-operators": "a = <b/> || <c/>; d = !<e/>; f = g ? <h/> : <i/>",
    },
}

_REJECTED: Cases = {
    "items": {
        "annotation": "let a: b",
        "assertion": "let a = b as c",
        "as-const": "let a = [] as const",
        "not-null": "let a = b!",
        "not-null-chained": "a?.b!.c",
        "optional-parameter": "function f(a?) {}",
        "typed-parameter": "(a: b) => c",
        "return-type": "(a, b): c => d",
        "overload": "function f(a)",
        "default-overload": "export default function f()",
        "method-overload": "class A { a() }",
        "computed-overload": "class A { b\n[a]() }",
        "optional-field": "class A { a?; }",
        "private-field": "class A { private a }",
        "override": "class A { override a() {} }",
        "declared-field": "class A { declare a }",
        "index-signature": "class A { [a: string]: b }",
        "parameter-property": "class A { constructor(readonly a) {} }",
        "parameter-decorator": "class A { m(@a b) {} }",
        "implements": "class A implements B {}",
        "super-arguments": "class A extends B<C> {}",
        "type-parameters": "function f<T>() {}",
        "arrow-type-parameters": "const f = <T,>(x) => x",
        "tag-arguments": "a = <A<B>/>",
        "instantiation": "a = b<c>",
        "new-arguments": "new A<B>",
        "type-alias": "type A = 1",
        "interface": "interface A {}",
        "enum": "enum A {}",
        "const-enum": "const enum A {}",
        "namespace": "namespace A {}",
        "module": "module A {}",
        "declare": "declare const a",
        "abstract": "abstract class A {}",
        "import-type": "import type a from 'b'",
        "import-type-name": "import { type a } from 'b'",
        "export-type": "export type { a }",
        "export-equals": "export = a",
        "import-equals": "import a = require('b')",
        "catch-type": "try {} catch (e: any) {}",
        "for-type": "for (const a: b of c) {}",
        "satisfies": "a satisfies b",
    },
}

_STRICTER: Cases = {
    "items": {
        "accessor": "class A { accessor a = 1 }",
        "definite-field": "class A { a!; }",
        "this-parameter": "function f(this) {}",
        "optional-property": "({ a?: 1 })",
        "export-namespace": "export as namespace a",
    },
}

ACCEPTED = joined(
    less(tsx_cases.ACCEPTED, _TYPED),
    only(tsx_cases.STRICTER, _ELEMENTS),
    only(tsx_cases.REJECTED, _SHIFTS),
    only(tsx_cases.STRICTER, _SHIFTS),
    only(tsx_cases.LOOSER, _SHIFTS),
    _ACCEPTED,
)
REJECTED = joined(
    less(tsx_cases.REJECTED, _SHIFTS),
    only(tsx_cases.ACCEPTED, _TYPED),
    only(tsx_cases.STRICTER, _TYPED),
    only(tsx_cases.LOOSER, _TYPED),
    _REJECTED,
)
STRICTER = joined(less(less(less(tsx_cases.STRICTER, _TYPED), _ELEMENTS), _SHIFTS), _STRICTER)
LOOSER = less(less(tsx_cases.LOOSER, _TYPED), _SHIFTS)
