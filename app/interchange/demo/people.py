"""Invented names from many countries and in many scripts.

A name consists of a given name and a family name from one country. The number of a person decides
which, so that the same number is always the same person. Long names and right-to-left scripts
are included, since pages must display these too.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPerson:
    """An invented person."""

    given_names: str
    family_name: str
    name: str
    country: str
    country_code: str
    language: str
    organisation: str
    role: str


@dataclass(frozen=True)
class _Country:
    code: str
    name: str
    given_names: str
    family_names: str
    language: str = "en"
    is_family_first: bool = False


COUNTRIES = (
    _Country(
        "GB",
        "United Kingdom",
        "Ada Bryn Cerys Duncan Elspeth Farrukh Gwen Hamish Isla Jago",
        "Ashdown Birtwistle Carrick Dunmore Eldridge Farrow-Whitcombe Garside Hollins Ingleby",
    ),
    _Country(
        "KE",
        "Kenya",
        "Achieng Baraka Chebet Dalila Ekidor Furaha Gathoni Halima",
        "Abuya Barasa Chelimo Ekal Gichuru Kiplimo Makori Nyambane Wekulo",
    ),
    _Country(
        "IN",
        "India",
        "अनन्या विक्रम मीरा रोहन सावित्री कबीर इशा तारा",
        "भारद्वाज चतुर्वेदी देशपांडे जोशी कुलकर्णी मेहरोत्रा पटनायक",
    ),
    _Country(
        "BR",
        "Brazil",
        "Maria·da·Conceição João·Batista Ana·Beatriz Thiago Luzia Raimundo·Nonato Iara",
        "Albuquerque·Cavalcanti dos·Anjos·Figueiredo Guimarães·e·Silva Nascimento "
        "Sant’Anna Vasconcelos·de·Oliveira Ximenes",
    ),
    _Country(
        "EG",
        "Egypt",
        "أمينة باسل جميلة داود رانيا سامي فاطمة ياسر",
        "الأسيوطي البحيري الدمنهوري الشرقاوي الطنطاوي الفيومي المنوفي",
        "ar",
    ),
    _Country(
        "CN",
        "China",
        "慧敏 志远 晓雯 建国 雨桐 文博 丽华",
        "欧阳 司徒 钟 岳 裴 骆 慕容",
        "en",
        is_family_first=True,
    ),
    _Country(
        "FR",
        "France",
        "Aurélie Baptiste Clémence Étienne Françoise Loïc Maëlle Théophile",
        "Beauchêne Coëtquidan Delaunay-Pérrault Garrigue L’Hermitte Ménard Trégastel",
        "fr",
    ),
    _Country(
        "PE",
        "Peru",
        "Apolinaria Bernardo Chaska Edilberto Illari Nilda Wayra",
        "Ccorahua·Huamán Choquehuanca·Ticona Mamani·Zegarra Ñaupari·Quispe Yupanqui·Paredes",
        "es",
    ),
    _Country(
        "ET",
        "Ethiopia",
        "ሰላም ዳዊት ሃና ተስፋዬ ብርሃን ማርታ",
        "አበበ ገብረማርያም ወልደጊዮርጊስ ተክለሃይማኖት ደስታ",
    ),
    _Country(
        "PL",
        "Poland",
        "Bożena Czesław Grażyna Łucja Mścisław Świętosława Zdzisław",
        "Brzęczyszczewski Chrząstowska Dźwigała Gżegżółka Szczebrzeszyńska Źrebiec",
    ),
    _Country(
        "JP",
        "Japan",
        "陽菜 蓮 美咲 大輔 千尋 健太郎",
        "綾小路 五十嵐 小鳥遊 東雲 西園寺",
        "en",
        is_family_first=True,
    ),
    _Country(
        "NG",
        "Nigeria",
        "Adébísí Babátúndé Chiamaka Ebelechukwu Folákẹ́ Ikenna Ọláyínká",
        "Adéògún Chukwuemerie Ifeajuna Ọlọ́runtọ́ba Onwuachi Ṣóyẹmí",
    ),
    _Country(
        "IL",
        "Israel",
        "אביגיל ברוך דבורה יונתן מרים נועם",
        "אלקיים בן־ארצי גרינפלד מזרחי שטיינמץ",
    ),
    _Country(
        "UA",
        "Ukraine",
        "Богдана Григорій Ївга Людмила Остап Соломія",
        "Байдужий Вишневецька Крижанівський Нечуй Щербина",
    ),
    _Country(
        "MX",
        "Mexico",
        "Citlali Eréndira Guadalupe José·Refugio Nayeli Xóchitl",
        "Altamirano·Núñez Coyotl·Méndez Hinojosa·de·la·Garza Peñaloza Zempoalteca",
        "es",
    ),
    _Country(
        "LK",
        "Sri Lanka",
        "Anulawathie Chaminda Dilrukshi Kanagasabapathy Thilakarathne Yasodhara",
        "Balasubramaniam·Venkataraghavan Dissanayakegedara Mudiyanselage·Wickramarathne "
        "Sivagurunathapillai",
    ),
    _Country(
        "KR",
        "Republic of Korea",
        "민서 지훈 서연 현우 은지",
        "남궁 황보 제갈 선우 독고",
        "en",
        is_family_first=True,
    ),
    _Country(
        "SE",
        "Sweden",
        "Åsa Björn Ingegärd Östen Ylva",
        "Ångström-Lind Björklöf Ekelöw Högberga Öijermark",
    ),
    _Country(
        "IR",
        "Iran",
        "آرش بهار پروین کیان مهسا",
        "اصفهانی‌زاده بختیاری تهرانچی شیرازیان کرمانشاهی",
    ),
    _Country(
        "NZ",
        "New Zealand",
        "Anahera Hēmi Kiri Mānia Tāne Whetū",
        "Hautapu Kererū-Marama Ngāwhika Pōtaka Whakarewa",
    ),
    _Country(
        "GR",
        "Greece",
        "Αγγελική Γρηγόρης Ευρυδίκη Θεμιστοκλής Ξένια",
        "Αναγνωστάκης Καλλιγέρης Παπαχριστοδουλοπούλου Τσιτσιρίγκου",
    ),
    _Country(
        "SN",
        "Senegal",
        "Aïssatou Cheikh Fatoumata Mamadou Ndèye Souleymane",
        "Badji Coulibaly-Faye Diatta Ndoye Sagna",
        "fr",
    ),
    _Country(
        "TH",
        "Thailand",
        "กมลชนก ณัฐวุฒิ พิมพ์ชนก สุรศักดิ์",
        "ชัยประเสริฐกุล ทองสุวรรณ วงศ์สวัสดิ์พิพัฒน์ ศรีบุญเรืองรอง",
    ),
    _Country(
        "CA",
        "Canada",
        "Alootook Geneviève Kallik Nukilik Odile",
        "Beausoleil-Tremblay Ipeelie MacGillivray Okpik",
        "fr",
    ),
)
ORGANISATIONS = (
    "Institute for Fair Health",
    "Ministry of Public Health",
    "Riverside Community Health Centre",
    "University of the Estuary, School of Public Health",
    "Mothers and Midwives Network",
    "City Council Office for Healthy Places",
    "National Observatory of Social Determinants and Population Health Monitoring",
    "Workers’ Health Alliance",
    "",
    "Foundation for Early Childhood",
    "Slum Dwellers’ Health Cooperative",
)
ROLES = (
    "Epidemiologist",
    "Community organiser",
    "Director of public health",
    "Midwife",
    "Senior lecturer in health economics",
    "Housing adviser",
    "",
    "Doctoral student",
    "Adviser on fair employment, social protection and the health of casual workers",
    "Statistician",
)


def generate_person(number: int) -> DemoPerson:
    """Return the person with a number, from 0 without limit."""
    country = COUNTRIES[number % len(COUNTRIES)]
    turn = number // len(COUNTRIES)
    given_parts, family = (
        _split_names(names) for names in (country.given_names, country.family_names)
    )
    round_of_names, turn = divmod(turn, len(given_parts) * len(family))
    given_names = given_parts[turn % len(given_parts)]
    family_name = family[(turn // len(given_parts) + turn % len(given_parts)) % len(family)]
    if round_of_names:
        given_names = f"{given_names} {given_parts[(turn + round_of_names) % len(given_parts)]}"
    both = (family_name, given_names) if country.is_family_first else (given_names, family_name)
    return DemoPerson(
        given_names=given_names,
        family_name=family_name,
        name=" ".join(both),
        country=country.name,
        country_code=country.code,
        language=country.language,
        organisation=ORGANISATIONS[number % len(ORGANISATIONS)],
        role=ROLES[number % len(ROLES)],
    )


def _split_names(names: str) -> list[str]:
    """Split names at spaces; a middle dot joins the parts of one name."""
    return [name.replace("·", " ") for name in names.split()]
