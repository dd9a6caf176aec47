"""The shipped text of each email, in the form in which organisers write.

A template in ``templates/mail/`` is parsed; the expressions that ``app.mail.fields`` declares are
replaced by their placeholders, and its conditions by “only if”. The rest is rendered as usual, so
the text is in the current language. Any other condition is refused, since organisers could not edit
its sentences; any other computation in a template fails a test.
"""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from flask import current_app
from jinja2 import BaseLoader, Environment, Template, TemplateAssertionError, nodes
from jinja2.visitor import NodeTransformer

from app.mail.fields.declaration import EmailField, EmailFields
from app.mail.fields.registry import EMAIL_FIELDS
from app.mail.placeholders import PlaceholderKind
from app.mail.rendering import EmailText, use_supported_language
from app.web import languages

BUTTON = r"^(?P<label>[^.?!:\n]{1,40}):\n\n\{\{ (?P<name>\w+) \}\}$"
HEADING = re.compile(r"^(.+)\n-{3,}$", re.MULTILINE)


def get_shipped_text(template: str, language: str) -> EmailText:
    """Return the subject and the body of an email as shipped, with placeholders."""
    with use_supported_language(language):
        texts = current_app.extensions.setdefault("shipped_emails", {})
        key = template, languages.current().code
        if key not in texts:
            texts[key] = _derive(template)
        return cast(EmailText, texts[key])


def _derive(template: str) -> EmailText:
    env, known = current_app.jinja_env, EMAIL_FIELDS[template]
    tree = _load(env, f"mail/{template}.txt")
    marked = cast(nodes.Template, _PlaceholderMarker(env, known).visit(tree))
    code = env.compile(marked, name=f"mail/{template}.txt", filename=f"<{template}>")
    context = dict[str, object]()
    current_app.update_template_context(context)
    text = Template.from_code(env, code, env.make_globals(None)).render(context)
    subject, _, body = text.strip().partition("\n")
    return EmailText(subject, _to_markdown(body, known))


def _load(env: Environment, name: str) -> nodes.Template:
    loader = cast(BaseLoader, env.loader)
    source, filename, _ = loader.get_source(env, name)
    return env.parse(source, name, filename)


class _PlaceholderMarker(NodeTransformer):
    """Replaces the expressions of a template with placeholders."""

    def __init__(self, env: Environment, known: EmailFields) -> None:
        self.env = env
        fields = known.fields.values()
        self.parts = {field.source: _mark(field) for field in fields if field.is_part}
        self.values = [(self._parse(field.source), field) for field in fields if not field.is_part]
        self.conditions = [
            (self._parse(field.condition or field.source), field)
            for field in fields
            if not field.is_part
        ]

    def _parse(self, expression: str) -> nodes.Node:
        output = cast(nodes.Output, self.env.parse(f"{{{{ {expression} }}}}").body[0])
        return output.nodes[0]

    def visit(self, node: nodes.Node, *args: object, **kwargs: object) -> object:
        """Return the placeholder of an expression, or visit its children."""
        if isinstance(node, nodes.Expr):
            for expression, field in self.values:
                if node == expression:
                    return nodes.Const(_mark(field))
        return super().visit(node, *args, **kwargs)

    def visit_Include(self, node: nodes.Include) -> object:  # noqa: N802 – Jinja's name
        """Return the placeholder of a part, or the content of an included template."""
        name = str(cast(nodes.Const, node.template).value)
        if name in self.parts:
            return _output(f"{self.parts[name]}\n")
        return [self.visit(one) for one in _load(self.env, name).body]

    def visit_If(self, node: nodes.If) -> object:  # noqa: N802
        """Return an “only if” for each branch."""
        test = node.test
        is_negated = isinstance(test, nodes.Not)
        field = self._find_condition(test.node if isinstance(test, nodes.Not) else test)
        if field is None:
            raise _refuse(node)
        branches = [(node.body, is_negated), (node.else_, not is_negated)]
        return [
            one
            for body, negated in branches
            for one in self._mark_branch(field, body, is_negated=negated)
        ]

    def visit_CondExpr(self, node: nodes.CondExpr) -> object:  # noqa: N802
        """Refuse a condition within a sentence, since organisers could not edit it."""
        raise _refuse(node)

    def visit_Call(self, node: nodes.Call) -> object:  # noqa: N802
        """Return both forms of a sentence that depends on a number."""
        if not isinstance(node.node, nodes.Name) or node.node.name != "ngettext":
            return self.generic_visit(node)
        one, many, count = node.args
        several = nodes.Compare(count, [nodes.Operand("gt", nodes.Const(1))])
        field = self._find_condition(several)
        if field is None:
            return self.generic_visit(node)
        keywords = [self.visit(keyword) for keyword in node.kwargs]
        number = self.visit(count)
        if isinstance(number, nodes.Const):  # otherwise the sentence does not contain the number
            keywords.append(nodes.Keyword("num", number))
        name = field.placeholder.name
        forms = [
            nodes.Call(node.node, [one, many, nodes.Const(amount)], keywords, None, None)
            for amount in (2, 1)
        ]
        return nodes.Concat(
            [
                nodes.Const(f"{{{{ only if {name} }}}}"),
                forms[0],
                nodes.Const(f"{{{{ end }}}}{{{{ only if not {name} }}}}"),
                forms[1],
                nodes.Const("{{ end }}"),
            ]
        )

    def visit_Mul(self, node: nodes.Mul) -> object:  # noqa: N802
        """Return the line below a heading, whose length does not matter here."""
        is_line = isinstance(node.left, nodes.Const) and node.left.value == "-"
        return nodes.Const("---") if is_line else self.generic_visit(node)

    def _find_condition(self, test: nodes.Node) -> EmailField | None:
        return next((field for one, field in self.conditions if one == test), None)

    def _mark_branch(
        self, field: EmailField, body: Sequence[nodes.Node], *, is_negated: bool
    ) -> Iterator[object]:
        if not body:
            return
        found = [self.visit(one) for one in body]
        branch_text = "".join(_iter_text(body)).strip()
        if field.placeholder.kind is PlaceholderKind.BLOCK and not branch_text:
            yield from found  # an empty block leaves nothing behind
            return
        line_end = "\n" if any("\n" in text for text in _iter_text(body)) else ""
        negation = "not " if is_negated else ""
        yield _output(f"{{{{ only if {negation}{field.placeholder.name} }}}}{line_end}")
        yield from found
        yield _output(f"{{{{ end }}}}{line_end}")


def _refuse(node: nodes.Node) -> TemplateAssertionError:
    """Return the error for a condition whose sentences organisers could not edit."""
    reason = "Only what a placeholder says may decide what an email says"
    return TemplateAssertionError(reason, node.lineno)


def _iter_text(body: Sequence[nodes.Node]) -> Iterator[str]:
    """Yield the source text of a branch, including calls of gettext."""
    for node in body:
        for text in node.find_all(nodes.TemplateData):
            yield text.data
        yield from ("_" for _ in node.find_all(nodes.Call))


def _mark(field: EmailField) -> str:
    return f"{{{{ {field.placeholder.name} }}}}"


def _output(text: str) -> nodes.Output:
    return nodes.Output([nodes.TemplateData(text)])


def _to_markdown(text: str, known: EmailFields) -> str:
    """Convert the layout of ``app.mail.html_body`` to Markdown."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    body = re.sub(r"\n{3,}", "\n\n", lines)

    def to_button(found: re.Match[str]) -> str:
        field = known.fields.get(found["name"])
        if field is None or field.placeholder.kind is not PlaceholderKind.LINK:
            return found[0]
        return f"[{found['label']}]({{{{ {found['name']} }}}})"

    return HEADING.sub(r"## \1", re.sub(BUTTON, to_button, body, flags=re.MULTILINE))
