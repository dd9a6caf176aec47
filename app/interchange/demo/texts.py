"""Titles and abstracts of invented sessions."""

from app.interchange.importers.parsed_programme import ParsedTheme

THEMES = (
    ParsedTheme(
        "daily-living-conditions",
        "Improve daily living conditions",
        "An invented programme under a real theme: how people are born, grow, live, work and age.",
        "D",
        "circle",
        1,
        short_name="Daily life",
    ),
    ParsedTheme(
        "power-money-resources",
        "Tackle the inequitable distribution of power, money, and resources",
        "An invented programme under a real theme: who decides, who pays and who benefits.",
        "P",
        "triangle",
        2,
        short_name="Power and money",
    ),
    ParsedTheme(
        "measure-and-understand",
        "Measure and understand the problem and assess the impact of action",
        "An invented programme under a real theme: where health is unequal, and what helps.",
        "M",
        "square",
        3,
        short_name="Measure and understand",
    ),
)
TOPICS = (
    "Equity from the start",
    "Warm homes",
    "Decent work",
    "School meals",
    "Clean air",
    "Fair financing",
    "Water and sanitation",
    "Social protection",
    "Universal health care",
    "Women’s power over their own time",
    "Birth registration",
    "Ageing without fear",
    "The health of people who move",
    "Mental health and debt",
    "Safe streets",
    "Participatory budgets",
    "Trade and the price of food",
    "Indigenous health",
    "Measuring the gap",
    "Training for tomorrow",
    "Infant mortality",
    "Tobacco and place",
    "Disability and income",
)
SETTINGS = (
    "in small towns",
    "on the edge of the city",
    "in coastal villages",
    "across four islands",
    "after a factory closes",
    "in informal settlements",
    "where clinics are far away",
    "in the first thousand days",
    "for people without papers",
    "in mountain districts",
    "under austerity",
    "after a flood",
    "between neighbouring streets",
    "in mining regions",
    "for night workers",
    "in river deltas",
    "within one generation",
    "on common land",
    "in cold countries",
)
ANGLES = (
    "",
    "what ten years of figures show",
    "lessons from a failure",
    "who decides, and who is asked",
    "a conversation",
    "from promise to budget line",
    "what we stopped doing, and why",
    "evidence that a mayor can use",
    (
        "how a gap of twenty-eight years between neighbouring districts was described, explained, "
        "argued about and, in part, closed by those who lived with it"
    ),
    "the view of midwives",
    "three questions nobody funded",
    "",
    "counting those who are not counted",
)
OPENINGS = (
    "People who live a few stops apart on one tram line can expect lives of very different length.",
    "A fair start in life is decided long before anyone meets a doctor.",
    "When rents rise faster than wages, the first thing that families cut is food.",
    "Most of what makes us ill lies outside the reach of a ministry of health.",
    "This session begins with a map, and with the people who drew it.",
    "Figures that are never split by income hide what they should show.",
    "Five years ago a council gave up its own plan and began by asking.",
)
MIDDLES = (
    "We compare districts that acted early with those that waited, and say what we do not know.",
    "Two community workers describe an ordinary week, and what a change in policy did to it.",
    "The speakers show how housing, schools and transport shared one budget for health.",
    "We follow one group of children from birth to their first day at school.",
    "An employer, a trade union and a clinic look at the same numbers and read them differently.",
    "The results are mixed: the average improved, and the gap did not.",
    "Half of the time is kept for questions, and nobody needs to have read anything beforehand.",
    "We explain how the data were gathered, who owns them and how people can see their own.",
)
POINTS = (
    "what was tried, **and what it cost**",
    "who gained first, and who gained last",
    "how to measure a gap without hiding people in an average",
    "what a small authority can do without new money",
    "why the second year is harder than the first",
    "which questions to ask before you copy anything",
    "how to tell people the results in words they use themselves",
)
CLOSINGS = (
    "You will leave with a short list of things to try at home.",
    "Bring one figure from your own district; we shall put them side by side.",
    "The session ends with a vote on what to do first.",
    "Notes are available in large print and in plain language.",
    "At the end each table says what it would stop doing.",
)
BREAKS = {
    "registration": "Registration and coffee",
    "coffee": "Coffee break",
    "lunch": "Lunch",
    "tea": "Tea break",
}


def generate_title(number: int) -> str:
    """Return the title of the session with this number."""
    topic = TOPICS[number % len(TOPICS)]
    setting = SETTINGS[(number // len(TOPICS) + number) % len(SETTINGS)]
    angle = ANGLES[(number // (len(TOPICS) * len(SETTINGS)) + number) % len(ANGLES)]
    return f"{topic} {setting}: {angle}" if angle else f"{topic} {setting}"


def generate_abstract(number: int) -> str:
    """Return a Markdown abstract that begins by saying that it is invented."""
    points = "\n".join(f"- {POINTS[(number + step) % len(POINTS)]}" for step in (0, 2, 3))
    middles = [MIDDLES[(number + step) % len(MIDDLES)] for step in range(2 + number % 3)]
    return (
        "*This session is invented: it shows what a programme of this size looks like.*\n\n"
        f"{OPENINGS[number % len(OPENINGS)]} {' '.join(middles)}\n\n"
        f"You will hear:\n\n{points}\n\n"
        f"{CLOSINGS[number % len(CLOSINGS)]}"
    )
