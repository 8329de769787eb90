// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Tokenization

@Suite struct ChatTemplateLimitTests {
    private func error(_ source: String, content: String = "x") -> TokenizationError? {
        do throws(TokenizationError) {
            _ = try ChatTemplate(source).render(
                messages: [ChatMessage(role: "user", content: content)],
                addGenerationPrompt: true
            )
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "{% for i in range(1000) %}{% for j in range(1000) %}{% for k in range(100) %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ 'a' * 10000000000 }}", "{{ 'a' * 9223372036854775807 }}", "{{ [1] * 10000000000 }}",
        "{% set n = namespace(x='ab') %}{% for i in range(64) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for i in range(64) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x=[1]) %}{% for i in range(64) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x=[1]) %}{% for i in range(64) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
        "{% set n = namespace(x=[1]) %}{% for i in range(900) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
        "{% set n = namespace(x={}) %}{% for i in range(900) %}{% set n.x = {'a': n.x} %}{% endfor %}{{ n.x|tojson }}",
        "{% set n = namespace(x={}) %}{% for i in range(900) %}{% set n.x = dict(a=n.x) %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% macro m(x) %}{{ m([x]) }}{% endmacro %}{{ m(1) }}",
        "{% for i in range(100001) %}{% endfor %}", "{{ range(-9223372036854775807, 9223372036854775807)|list }}",
        "{% for i in range(90000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
        "{% set x = 'x' * 4000000 %}{% for i in range(90000) %}{% set y = x|upper %}{% endfor %}",
        "{% set x = 'x' * 4000000 %}{% for i in range(90000) %}{% if x == x %}{% endif %}{% endfor %}",
        "{% set x = 'x' * 2000 %}{{ x|replace('x', x)|replace('x', x) }}", "{{ (['x'] * 100000)|join('x' * 1000) }}",
        "{{ ('x\n' * 100000)|indent(1000) }}", "{{ [[1] * 1000] * 1000|tojson(indent=60) }}",
        "{% for i in range(100) %}{% set x = ('a ' * 100000).split() %}{% endfor %}",
        "{{ ('[' * 1000000)|list|tojson }}",
    ])
    func runawayTemplatesEnd(_ source: String) throws {
        let clock = ContinuousClock()
        var found: TokenizationError?
        let time = clock.measure { found = error(source) }
        #expect(found?.code == .limitExceeded || found?.code == .templateFailed, "\(String(describing: found))")
        #expect(time < .seconds(60), "\(time)")
    }

    @Test func sourcesOfMoreThanAMebibyteAreRefused() {
        #expect(error(String(repeating: "x", count: (1 << 20) + 1))?.code == .limitExceeded)
        #expect(error(String(repeating: "x", count: 1 << 20)) == nil)
    }

    @Test(arguments: [
        ("(", "1", ")"), ("[", "1", "]"), ("{1:", "1", "}"), ("not ", "1", ""), ("- ", "1", ""), ("1 if ", "1", ""),
        ("1 + ", "1", ""), ("", "1", " + 1"), ("", "1", ".a"), ("", "1", "[0]"), ("", "1", "()"), ("", "1", "|string"),
        ("", "1", " or 1"), ("", "1", " if 1"), ("1 ~ (", "1", ")"), ("", "1", " is defined"), ("", "1", " ** 1"),
    ])
    func deepExpressionsAreRefused(_ open: String, _ middle: String, _ close: String) {
        let count = 20_000
        let source =
            "{{ " + String(repeating: open, count: count) + middle + String(repeating: close, count: count) + " }}"
        let found = error(source)
        #expect(found?.code == .limitExceeded || found?.code == .malformed, "\(String(describing: found))")
    }

    @Test(arguments: [
        ("{% if 1 %}", "{% endif %}"), ("{% for a in [1] %}", "{% endfor %}"), ("{% set a %}", "{% endset %}"),
    ])
    func deepStatementsAreRefused(_ open: String, _ close: String) {
        let source = String(repeating: open, count: 5000) + String(repeating: close, count: 5000)
        #expect(error(source)?.code == .limitExceeded)
        #expect(error(String(repeating: open, count: 40) + String(repeating: close, count: 40)) == nil)
    }

    /// What is within the limits must fit the smallest stack a thread usually has.
    @Test func theDeepestAllowedFitsASmallStack() async {
        let found: [TokenizationError?] = await withCheckedContinuation { continuation in
            let thread = Thread {
                let nested = { (open: String, close: String, count: Int) in
                    String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
                }
                continuation.resume(returning: [
                    self.error("{{ " + nested("(", ")", 90) + " }}"), self.error("{{ " + nested("[", "]", 90) + " }}"),
                    self.error(nested("{% if 1 %}", "{% endif %}", 90)),
                    self.error("{% macro m(x) %}{{ [1, m(x + 1)]|join }}{% endmacro %}{{ m(1) }}"),
                    self.error(
                        "{% macro m(x) %}{% for i in [1] %}{% if 1 %}{{ m(x) }}{% endif %}{% endfor %}{% endmacro %}{{ m(1) }}"
                    ),
                ])
            }
            thread.stackSize = 512 << 10
            thread.start()
        }
        #expect(found.prefix(3).allSatisfy { $0 == nil })
        #expect(found.suffix(2).allSatisfy { $0?.code == .limitExceeded })
    }

    @Test(arguments: [
        "{{", "{%", "{#", "{{ }}", "{% %}", "{{ 'a }}", "{% if %}{% endif %}", "{% if 1 %}", "{% for x in y %}",
        "{% endif %}",
        "{% for 1 in x %}{% endfor %}", "{{ 1 + }}", "{{ (1] }}", "{{ a b }}", "{% set = 1 %}", "{% set true = 1 %}",
        "{% macro %}{% endmacro %}", "{% macro m(a=1, b) %}{% endmacro %}", "{{ f(a=1, 2) }}", "{% break %}",
        "{{ 99999999999999999999 }}", "{{ '\\ud800' }}", "{{ '\\u12' }}", "{{ $ }}", "{% raw %}x", "{% else %}",
        "{% if 1 %}{% endfor %}", "{% set x %}", "{{ 1 }", "{{ x. }}", "{{ x[ }}", "{% set n._x = 1 %}",
        "\u{0}{{ \u{0} }}",
    ])
    func malformedTemplatesAreRefusedWhenRead(_ source: String) {
        let found = #expect(throws: TokenizationError.self) { try ChatTemplate("text\n" + source) }
        #expect(found?.code == .malformed)
        #expect(found?.message.contains("line 2") == true, "\(String(describing: found))")
        #expect(found?.description.contains("\n") == false)
    }

    @Test(arguments: [
        "{% include 'a' %}", "{% import 'a' as b %}", "{% extends 'a' %}", "{% block b %}{% endblock %}",
        "{% call f() %}{% endcall %}",
        "{{ x|attr('y') }}", "{{ x|nothing }}", "{{ x is nothing }}", "{{ x.__class__() }}", "{{ x.encode() }}",
        "{{ f(*x) }}", "{{ f(**x) }}", "{% for x in y recursive %}{% endfor %}", "{{ x[1, 2] }}",
        "{% if x %}{{ x|attr('y') }}{% endif %}",
        "{% macro m() %}{{ caller() }}{% endmacro %}", "{% do x %}", "{{ self }}",
        "{% if x %}{% for y in x %}{{ y|nothing }}{% endfor %}{% endif %}", "{{ '\\N{DIGIT ONE}' }}",
    ])
    func whatIsNotSupportedIsRefusedWhenRead(_ source: String) {
        let found = #expect(throws: TokenizationError.self) { try ChatTemplate("text\n" + source) }
        #expect(found?.code == .notSupported)
        #expect(found?.message.contains("line 2") == true, "\(String(describing: found))")
    }

    @Test(arguments: [
        "{{ messages.__class__ }}", "{{ ''.__class__ }}", "{{ messages[0]['__class__'] }}",
        "{{ namespace()['__init__'] }}",
        "{{ raise_exception.__globals__ }}", "{{ messages.append }}",
    ])
    func nothingOfTheInterpreterCanBeReached(_ source: String) throws {
        let pieces = try ChatTemplate(source).render(
            messages: [ChatMessage(role: "user", content: "x")],
            addGenerationPrompt: true
        )
        #expect(pieces.isEmpty)
    }

    @Test(arguments: [
        "{{ 1 // 0 }}", "{{ 1 % 0 }}", "{{ 1.0 / 0 }}", "{{ 9223372036854775807 + 1 }}",
        "{{ -9223372036854775807 - 2 }}",
        "{{ 9223372036854775807 * 2 }}", "{{ 10 ** 30 }}", "{{ (-9223372036854775807 - 1) // -1 }}",
        "{{ (-9223372036854775807 - 1)|abs }}", "{{ x.y }}", "{{ none + 1 }}", "{{ 'a'.split('') }}", "{{ {[]: 1} }}",
        "{% for a, b in [1] %}{% endfor %}", "{{ messages[::0] }}", "{{ 'a'.format }}{{ '{}'.format() }}", "{{ 1() }}",
        "{{ messages|tojson(indent=9223372036854775807) }}", "{{ [1].index(2) }}", "{{ strftime_now() }}",
    ])
    func whatCannotBeComputedIsATypedError(_ source: String) {
        let code = error(source)?.code
        #expect(code == .templateFailed || code == .notSupported, "\(String(describing: code))")
    }

    @Test(arguments: [
        "{{ messages[-9223372036854775807 - 1] }}", "{{ messages[9223372036854775807] }}",
        "{{ 'abc'[9223372036854775807:] }}",
        "{{ 'abc'[-9223372036854775807 - 1::9223372036854775807] }}", "{{ 'abc'[::-9223372036854775807 - 1] }}",
        "{{ 'abc'[:-9223372036854775807 - 1] }}", "{{ (-9223372036854775807 - 1) % -1 }}",
        "{{ range(9, 9223372036854775807, 9223372036854775806)|list }}",
        "{{ '9' * 30 | int }}{{ ('9' * 30)|int }}", "{{ '1e999'|float }}{{ '1e999'|int }}", "{{ 'x'.split('x', -5) }}",
    ])
    func extremeNumbersDoNotTrap(_ source: String) throws {
        #expect(error(source)?.code != .limitExceeded)
    }
}
