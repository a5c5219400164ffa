"""The seven signals: what shows one, what only sounds like it, and what holds for every answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.accuracy import spoken
from tools.signals import FOLDER, read
from unsaid.audit import audit
from unsaid.drills import bank
from unsaid.drills.signals import LEVELS, SIGNALS, Heard, asked_of, heard, weakest
from unsaid.language.cues import find_in, tokens
from unsaid.model import KINDS, Audit, Kind, Segment, Sentence, Transcript, Word

IDS = tuple(s.id for s in SIGNALS)
DESIGN = "Design a service that sends reminders to patients before an appointment."
STORY = "Tell me about a project that you are proud of."
CODING = "Given a list of intervals, merge those that overlap."
DEBUGGING = "Checkouts have been slow since this morning. What do you do?"
PROMPTS: dict[Kind, str] = {"design": DESIGN, "story": STORY, "coding": CODING, "debugging": DEBUGGING}


def audited(text: str, kind: Kind) -> Audit:
    case = spoken(text, PROMPTS[kind], kind)
    return audit(case.transcript, case.prompt, kind=kind)


def hear(text: str, kind: Kind) -> dict[str, Heard]:
    """All seven, as if the prompt asked for all."""
    return {h.signal.id: h for h in heard(audited(text, kind), IDS, kind=kind)}


def level(text: str, kind: Kind, signal: str) -> str:
    return hear(text, kind)[signal].level


CAUGHT: list[tuple[str, Kind, str]] = [
    ("problem-framing", "design", "Is it one clinic, or many of them?"),
    ("problem-framing", "design", "I'll assume twenty thousand reminders a day, all in one country."),
    ("problem-framing", "design", "So the goal is that nobody misses an appointment because of us."),
    (
        "problem-framing",
        "coding",
        "My plan is to sort first, then walk over it once, and test it at the end.",
    ),
    ("problem-framing", "debugging", "If it's only one payment method then it's the provider, and not us."),
    ("problem-framing", "debugging", "We know it's checkout, and we don't know since when it has been slow."),
    ("coding-fluency", "coding", "While i is less than len of nums, append nums i to out, i plus one."),
    (
        "coding-fluency",
        "coding",
        "Let me trace it with two, three, five. Two gives one, three gives two, good.",
    ),
    ("coding-fluency", "coding", "An empty list returns an empty list straight away."),
    ("coding-fluency", "coding", "Each element is pushed once and popped once, so it's linear."),
    (
        "architectural-judgement",
        "design",
        "I'd use one table and not a queue, because support has to read it.",
    ),
    ("architectural-judgement", "design", "The price is a second write for every reminder that we plan."),
    (
        "architectural-judgement",
        "design",
        "Above a thousand reminders a second I'd split the table by clinic.",
    ),
    (
        "production-judgement",
        "design",
        "If the worker dies, the lease runs out and another one takes the job.",
    ),
    ("production-judgement", "design", "I'd page when the oldest reminder is more than ten minutes late."),
    (
        "production-judgement",
        "design",
        "The link is signed, otherwise anybody could guess another patient's.",
    ),
    (
        "production-judgement",
        "design",
        "It goes out to one percent first, and the canary stops it when errors rise.",
    ),
    ("delivery-judgement", "story", "We built the phone part first, because drivers can't use a laptop."),
    ("delivery-judgement", "story", "Calls to support went from three hundred a day to forty."),
    ("delivery-judgement", "story", "It had to be live by Easter, so we dropped the maps."),
    ("leadership-and-influence", "story", "I showed the list to the whole team in the retro."),
    (
        "leadership-and-influence",
        "story",
        "I taught the two juniors how to cut a change. They do it alone now.",
    ),
    ("leadership-and-influence", "story", "I wrote a small bot for reviews, and all teams use it today."),
    (
        "communication-and-reflection",
        "story",
        "Since then I ask who reads the numbers before I write a line.",
    ),
    (
        "communication-and-reflection",
        "coding",
        "You're right, two can be equal, so the key has to be the pair.",
    ),
    (
        "communication-and-reflection",
        "design",
        "So to sum up, one table, one worker, and an alarm on lateness.",
    ),
    ("communication-and-reflection", "design", "What's weak is that I decided about the deletes on my own."),
]

SPARED: list[tuple[str, Kind, str]] = [
    ("problem-framing", "design", "Can I start now? Let me first understand the problem."),
    ("problem-framing", "design", "How would I store that? In a table."),
    ("problem-framing", "coding", "Does that make sense?"),
    ("coding-fluency", "coding", "The code would be clean, modular, readable and well tested."),
    ("coding-fluency", "coding", "I'd use the strategy pattern, a factory and a decorator."),
    ("coding-fluency", "coding", "It's the classic, everybody has written it ten times."),
    ("architectural-judgement", "design", "Kafka, Redis, Postgres, Elasticsearch and Kubernetes."),
    ("architectural-judgement", "design", "I'd use Mongo because it's very flexible."),
    ("architectural-judgement", "design", "Microservices, since they're scalable and decoupled."),
    ("production-judgement", "design", "Monitoring, logging, tracing, alerting and dashboards."),
    ("production-judgement", "design", "Failures are handled gracefully."),
    ("production-judgement", "design", "We'd have proper monitoring and security, of course."),
    ("production-judgement", "design", "Circuit breakers, bulkheads, retries, dead letter queues."),
    ("delivery-judgement", "story", "For me it's always about the users and the customers."),
    ("delivery-judgement", "story", "We want to bring value to the business."),
    ("delivery-judgement", "story", "Users can log in, and users can see the page."),
    ("leadership-and-influence", "story", "I'm a strong owner and a natural leader."),
    ("leadership-and-influence", "story", "I created alignment and I was a role model for the team."),
    ("leadership-and-influence", "story", "I took full ownership of the project, end to end."),
    ("leadership-and-influence", "story", "They were slow, and nobody in the team listened."),
    ("communication-and-reflection", "story", "I learned a lot and I grew as a person."),
    ("communication-and-reflection", "story", "Sorry, I'm so sorry about that."),
    ("communication-and-reflection", "story", "Communication is key."),
]


@pytest.mark.parametrize(("signal", "kind", "text"), CAUGHT)
def test_a_sentence_that_shows_a_signal_is_heard(signal: str, kind: Kind, text: str) -> None:
    assert hear(text, kind)[signal].evidence


@pytest.mark.parametrize(("signal", "kind", "text"), SPARED)
def test_a_sentence_that_only_sounds_like_it_is_not(signal: str, kind: Kind, text: str) -> None:
    assert hear(text, kind)[signal].evidence == ()


def test_every_signal_has_caught_and_spared_examples() -> None:
    assert {s for s, _, _ in CAUGHT} == {s for s, _, _ in SPARED} == set(IDS)


def test_a_list_of_components_is_no_architecture_and_no_operation() -> None:
    found = hear(
        "I'd go with microservices. API gateway, load balancer, Nginx. S3 for the photos. Kafka for events. "
        "Postgres for metadata, Redis for caching, Elasticsearch for search. Circuit breakers, retries, "
        "service mesh. Prometheus, Grafana, Jaeger. It's highly available, robust and scalable.",
        "design",
    )
    assert found["architectural-judgement"].level == "hidden"
    assert found["production-judgement"].level == "hidden"
    assert "only list names" in found["architectural-judgement"].why


def test_claims_are_no_leadership() -> None:
    found = hear(
        "I'm a strong owner, people always tell me. I led a very important project. I took full ownership. "
        "I'm great at aligning stakeholders. I mentored the team and I was a role model. "
        "The impact was huge. I learned a lot.",
        "story",
    )
    assert {found[s].level for s in IDS[4:]} == {"hidden"}


def test_claims_and_lists_go_on_showing_nothing_however_many_there_are() -> None:
    """An answer as long as those that the hearing was learnt on."""
    claims = (
        "I'm a strong owner, people always tell me. I led a very important project. I took full ownership. "
        "I'm great at aligning stakeholders. I mentored the team and I was a role model. "
        "I learned a lot. Communication is key. For me it's always about the users and the customers. "
    )
    told = hear(claims * 3, "story")
    assert {told[s].level for s in IDS[4:]} == {"hidden"}
    parts = (
        "API gateway, load balancer, Nginx. Kafka for events. Circuit breakers, retries, service mesh. "
        "It's highly available, robust and scalable. Monitoring, logging, tracing, alerting and dashboards. "
        "Failures are handled gracefully. We'd have proper monitoring and security, of course. "
    )
    drawn = hear(parts * 5, "design")
    assert drawn["architectural-judgement"].level == drawn["production-judgement"].level == "hidden"


def test_a_fluent_coder_who_asks_nothing_frames_nothing() -> None:
    found = hear(
        "Class cache, self dot map is an empty dict. Get of key, if key not in map return minus one. "
        "Put of key and value, map key equals value. If len of map is greater than cap, pop the tail. "
        "Let me trace, capacity two. Put one, put two, list is two, one. Get one, list is one, two.",
        "coding",
    )
    assert found["coding-fluency"].level == "visible"
    assert found["problem-framing"].level == "hidden"


def test_a_coder_who_needs_every_hint_is_partly_fluent() -> None:
    own = (
        "If row is less than zero, return. If grid row column is zero, return. "
        "Set grid row column to zero, and return one plus the rest. "
        "Test with two rows, two columns. Two, good. "
    )
    led = "A hint would be good. You say I come back to it. Oh right, yes. Thanks for the help there. "
    assert level(own, "coding", "coding-fluency") == "visible"
    assert level(led + own, "coding", "coding-fluency") == "partly"


def test_an_apology_without_a_change_is_no_reflection() -> None:
    text = "Sorry, I'm nervous. Sorry about that. I'm sorry, I'm usually better at this. I hope that's okay."
    assert level(text, "coding", "communication-and-reflection") == "hidden"


def test_evidence_says_in_plain_words_what_each_sentence_shows() -> None:
    found = hear("Hello. If the worker dies, the lease runs out and another one takes the job.", "design")
    (shown,) = found["production-judgement"].evidence
    assert (shown.sentence, shown.what) == (1, "something that fails, and what follows")


def test_sentences_alone_are_heard_as_well() -> None:
    said = audited("Is it one clinic, or many? I'll assume one. The price is a second write.", "design")
    assert heard(said.sentences, IDS, kind="design") == heard(said, IDS, kind="design")


# ------------------------------------------------------------------------------------- what is asked for


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_word_of_the_prompt_the_kind_decides(kind: Kind) -> None:
    found = heard(audited("I'd start with the tables.", kind), kind=kind)
    assert tuple(h.signal.id for h in found if h.asked) == asked_of(kind) == bank.USUAL_SIGNALS[kind]


def test_the_prompts_own_signals_go_before_the_kind() -> None:
    asked = ("delivery-judgement", "problem-framing")
    found = heard(audited("Is it one clinic, or many?", "design"), asked, kind="design")
    assert [h.signal.id for h in found if h.asked] == ["problem-framing", "delivery-judgement"]
    assert [h.signal.id for h in found] == list(bank.SIGNALS)


def test_what_is_not_asked_for_stays_so_however_much_is_heard() -> None:
    text = "If the worker dies, another one takes the job. If the database goes down, we retry for an hour. "
    found = {h.signal.id: h for h in heard(audited(text * 4, "design"), ["problem-framing"], kind="design")}
    assert found["production-judgement"].level == "not-asked"
    assert found["production-judgement"].evidence
    assert found["problem-framing"].level == "hidden"


def test_an_unknown_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="charisma"):
        heard((), ["charisma"])


# --------------------------------------------------------------------------------------- what to train


def made(**levels: str) -> list[Heard]:
    every = dict.fromkeys(IDS, "not-asked") | {k.replace("_", "-"): v for k, v in levels.items()}
    return [Heard(s, every[s.id], (), "") for s in SIGNALS]  # type: ignore[arg-type]


def test_the_weakest_that_was_asked_for_is_trained_next() -> None:
    found = weakest(
        made(problem_framing="visible", production_judgement="hidden", communication_and_reflection="partly")
    )
    assert found.signal is not None and found.signal.id == "production-judgement"
    assert found.why == (
        "Train production judgement next: it stayed hidden, and signals multiply: problem framing does not "
        "make up for it."
    )


def test_of_two_that_are_partly_heard_the_one_with_less_to_show_is_weaker() -> None:
    text = (
        "Is it one clinic, or many? I'll assume one. If the worker dies, the lease runs out and another one "
        "takes the job."
    )
    found = heard(audited(text, "design"), ["problem-framing", "production-judgement"], kind="design")
    assert [h.level for h in found if h.asked] == ["partly", "partly"]
    assert weakest(found).signal == SIGNALS[IDS.index("production-judgement")]


def test_where_nothing_is_weak_nothing_is_named() -> None:
    assert weakest(made(problem_framing="visible")).signal is None
    assert weakest(made()).signal is None
    assert weakest(heard((), ["coding-fluency"])).why == "Train coding fluency next: it stayed hidden."


# ------------------------------------------------------------------------------------ what always holds

SAID = (
    "if",
    "so",
    "because",
    "I",
    "we",
    "they",
    "users",
    "Kafka,",
    "retry.",
    "sorry?",
    "price",
    "down,",
    "two",
)
words = st.one_of(
    st.sampled_from(SAID),
    st.text(max_size=12),
)
rows = st.lists(st.lists(words, max_size=25), max_size=12)


def transcript(said: list[list[str]]) -> Transcript:
    segments = []
    at_s = 0.0
    for row in said:
        timed = tuple(Word(f" {w}", at_s + 0.3 * i, at_s + 0.3 * i + 0.2) for i, w in enumerate(row))
        segments.append(Segment(at_s, at_s + 0.3 * len(row), " ".join(row), timed))
        at_s += 0.3 * len(row) + 1
    return Transcript(tuple(segments), at_s)


@settings(deadline=None, max_examples=60)
@given(rows, st.sampled_from([None, *KINDS]), st.one_of(st.none(), st.sets(st.sampled_from(IDS))))
def test_what_holds_for_every_transcript(
    said: list[list[str]], kind: Kind | None, asked: set[str] | None
) -> None:
    result = audit(transcript(said), kind=kind)
    found = heard(result, asked, kind=kind)
    assert [h.signal for h in found] == list(SIGNALS)
    for h in found:
        places = [e.sentence for e in h.evidence]
        assert places == sorted(set(places))
        assert all(0 <= p < len(result.sentences) for p in places)
        assert h.level in (*LEVELS, "not-asked")
        assert h.asked == (h.level != "not-asked")
        assert h.why and all(e.what for e in h.evidence)
        if asked is not None:
            assert h.asked == (h.signal.id in asked)
    assert found == heard(result, asked, kind=kind)
    assert weakest(found).why


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=40), max_size=8))
def test_sentences_from_anywhere_are_heard_without_an_error(texts: list[str]) -> None:
    said = tuple(Sentence(i, t, float(i), i + 1.0, i, i + 1) for i, t in enumerate(texts))
    assert len(heard(said)) == len(SIGNALS)


NAMES = (
    *("Kafka", "Redis", "Kubernetes", "Postgres", "gRPC", "Elasticsearch", "Terraform", "Istio", "security"),
    *("observability", "scalability", "ownership", "leadership", "impact", "users", "customers", "agile"),
    *("monitoring", "alerting", "circuit breakers", "microservices", "load balancers", "caching", "sharding"),
    *("zero trust", "alignment", "stakeholders", "CI CD", "DevOps", "unit tests"),
)
lists = st.tuples(
    st.sampled_from(["", "So ", "Then ", "We'd have ", "We use ", "And of course "]),
    st.lists(st.sampled_from(NAMES), min_size=3, max_size=7, unique=True),
    st.sampled_from([", ", " and "]),
)
ANSWERS = sorted(FOLDER.glob("*.txt"))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_list_of_names_added_to_an_answer_never_raises_a_signal(data: st.DataObject) -> None:
    case = read(data.draw(st.sampled_from(ANSWERS))).case
    said = audit(case.transcript, case.prompt, kind=case.kind).sentences
    opening, names, between = data.draw(lists)
    at = data.draw(st.integers(0, len(said)))
    start_s = said[at].start_s if at < len(said) else said[-1].end_s
    added = Sentence(0, f"{opening}{between.join(names)}.", start_s, start_s, 0, 0)
    more = (*said[:at], added, *said[at:])

    def ranks(sentences: tuple[Sentence, ...]) -> list[int]:
        numbered = tuple(replace(s, index=i) for i, s in enumerate(sentences))
        return [LEVELS.index(h.level) for h in heard(numbered, IDS, kind=case.kind)]

    assert all(b <= a for a, b in zip(ranks(said), ranks(more), strict=True)), added.text


def test_no_phrase_begins_with_something_that_may_be_left_out() -> None:
    """Such a phrase would be found with that part alone."""
    import tomllib
    from importlib import resources

    book = tomllib.loads(resources.files("unsaid.language").joinpath("signals.toml").read_text("utf-8"))
    for kind, grades in book.items():
        for phrase in grades["strong"] if kind != "words" else ():
            depth, first = 0, ""
            for i, c in enumerate(phrase):
                depth += (c == "(") - (c == ")")
                if depth == 0 and (c in ") " or i + 1 == len(phrase)):
                    first = phrase[: i + 2]
                    break
            assert not first.rstrip().endswith("?"), (kind, phrase)
    assert find_in("signals.toml", [t.text for t in tokens("Sorry about that")], ((), (), ()))


def test_evidence_points_into_the_sentences_that_were_given() -> None:
    said = audited(
        "Hello there. If the worker dies, the lease runs out and another one takes the job.", "design"
    )
    found = {h.signal.id: h for h in heard(said.sentences[1:], IDS, kind="design")}
    assert [e.sentence for e in found["production-judgement"].evidence] == [0]
