"""Real cities with their postal codes' shapes, and made-up streets, by locale."""

# ruff: noqa: RUF001 - Turkish has a dotless i

import dataclasses
from collections.abc import Sequence

from icefloe.sample import draws


@dataclasses.dataclass(frozen=True, slots=True)
class Region:
    """How an address is written in one country and language."""

    country: str  #: ISO 3166-1 alpha-2
    #: The first line, with "{street}" and "{number}".
    line1: str
    #: Parted by commas.
    streets: str
    #: "city|state|postal code" parted by commas; in the code "#" is any digit and "@" a letter;
    #: an empty part is null on the wire.
    cities: str
    #: The second line, used now and then, with "{number}"; empty where none is usual.
    line2: str = ""


REGIONS = {
    "en-US": Region(
        "US",
        "{number} {street}",
        "Maple Street, Harbor Avenue, Juniper Lane, Old Mill Road, Cedar Court, Lakeview Drive",
        "New York|US-NY|100##, San Francisco|US-CA|941##, Austin|US-TX|787##, Chicago|US-IL|606##, "
        "Seattle|US-WA|981##, Boston|US-MA|021##, Denver|US-CO|802##, Portland|US-OR|972##, "
        "Washington|US-DC|200##, Honolulu|US-HI|968##, Atlanta|US-GA|303##",
        "Apt {number}",
    ),
    "en-GB": Region(
        "GB",
        "{number} {street}",
        "Rosemary Lane, Station Road, Chapel Street, Mill Close, Orchard Gardens",
        "London||SE1 #@@, Edinburgh||EH3 #@@, Manchester||M4 #@@, Cardiff||CF10 #@@, "
        "Belfast||BT7 #@@, Bristol||BS8 #@@, York||YO1 #@@",
        "Flat {number}",
    ),
    "en-CA": Region(
        "CA",
        "{number} {street}",
        "Birch Avenue, Prairie Road, Lighthouse Lane, King Street West",
        "Toronto|CA-ON|M5V #@#, Vancouver|CA-BC|V6B #@#, Calgary|CA-AB|T2P #@#, "
        "Halifax|CA-NS|B3H #@#, Winnipeg|CA-MB|R3C #@#",
        "Unit {number}",
    ),
    "fr-CA": Region(
        "CA",
        "{number}, {street}",
        "rue des Érables, avenue du Parc, chemin Sainte-Foy",
        "Montréal|CA-QC|H2X #@#, Québec|CA-QC|G1R #@#, Moncton|CA-NB|E1C #@#",
        "app. {number}",
    ),
    "en-AU": Region(
        "AU",
        "{number} {street}",
        "Wattle Street, Banksia Road, Jacaranda Parade",
        "Sydney|NSW|200#, Melbourne|VIC|300#, Brisbane|QLD|400#, Perth|WA|600#, Hobart|TAS|700#",
        "Unit {number}",
    ),
    "en-NZ": Region(
        "NZ",
        "{number} {street}",
        "Kōwhai Street, Rātā Road, Harbour View Terrace",
        "Auckland||101#, Wellington||601#, Christchurch||801#, Whangārei||011#",
    ),
    "en-IE": Region(
        "IE",
        "{number} {street}",
        "Abbey Street, Hawthorn Road, Bóthar na Trá",
        "Dublin|Co. Dublin|D02 X###, Cork|Co. Cork|T12 X###, Galway|Co. Galway|H91 X###",
    ),
    "en-IN": Region(
        "IN",
        "{number}, {street}",
        "MG Road, Temple Street, Lake Gardens, Park Lane",
        "Bengaluru|Karnataka|5600##, Chennai|Tamil Nadu|6000##, Kolkata|West Bengal|7000##",
        "Floor {number}",
    ),
    "hi-IN": Region(
        "IN",
        "{number}, {street}",
        "गांधी मार्ग, स्टेशन रोड, नेहरू नगर",
        "नई दिल्ली|दिल्ली|1100##, मुंबई|महाराष्ट्र|4000##, लखनऊ|उत्तर प्रदेश|2260##, जयपुर|राजस्थान|3020##",
    ),
    "es-ES": Region(
        "ES",
        "{street}, {number}",
        "Calle del Olmo, Avenida de la Constitución, Plaza Mayor, Paseo de la Ribera",
        "Madrid|Madrid|280##, Barcelona|Barcelona|080##, Sevilla|Sevilla|410##, "
        "A Coruña|A Coruña|150##, Málaga|Málaga|290##",
        "{number}.º izda.",
    ),
    "es-MX": Region(
        "MX",
        "{street} {number}",
        "Avenida Juárez, Calle Jacarandas, Calle Niños Héroes",
        "Ciudad de México|CDMX|067##, Guadalajara|Jalisco|441##, Mérida|Yucatán|970##",
    ),
    "es-AR": Region(
        "AR",
        "{street} {number}",
        "Calle Belgrano, Avenida San Martín, Calle Los Ceibos",
        "Buenos Aires||C1043@@@, Córdoba|Córdoba|X5000@@@, Rosario|Santa Fe|S2000@@@",
    ),
    "fr-FR": Region(
        "FR",
        "{number} {street}",
        "rue des Lilas, avenue de la République, place de l'Église, rue du Four",
        "Paris||750##, Lyon||6900#, Marseille||1300#, Saint-Étienne||42000, Besançon||25000",
        "Bâtiment {number}",
    ),
    "fr-BE": Region(
        "BE",
        "{street} {number}",
        "rue Neuve, chaussée de Louvain, avenue des Tilleuls",
        "Bruxelles||10##, Liège||40##, Namur||50##",
    ),
    "fr-CH": Region(
        "CH",
        "{street} {number}",
        "rue du Lac, chemin des Vignes, rue de la Gare",
        "Genève|GE|120#, Lausanne|VD|100#, Neuchâtel|NE|2000",
    ),
    "de-DE": Region(
        "DE",
        "{street} {number}",
        "Lindenstraße, Am Mühlbach, Goethestraße, Gärtnerweg",
        "Berlin||101##, München||803##, Köln||506##, Hamburg||200##, Görlitz||028##",
    ),
    "de-AT": Region(
        "AT",
        "{street} {number}",
        "Kirchengasse, Schönbrunner Weg, Mozartstraße",
        "Wien||10#0, Graz||801#, Salzburg||502#",
        "Stiege {number}",
    ),
    "de-CH": Region(
        "CH",
        "{street} {number}",
        "Seestrasse, Höhenweg, Bahnhofplatz",
        "Zürich|ZH|800#, Bern|BE|301#, Basel|BS|405#",
    ),
    "pt-BR": Region(
        "BR",
        "{street}, {number}",
        "Rua das Acácias, Avenida São João, Travessa do Comércio",
        "São Paulo|SP|013##-0##, Rio de Janeiro|RJ|200##-0##, Belém|PA|660##-0##",
        "Bloco {number}",
    ),
    "pt-PT": Region(
        "PT",
        "{street} {number}",
        "Rua da Saudade, Avenida da Liberdade, Largo do Carmo",
        "Lisboa||12##-0##, Porto||40##-0##, Évora||70##-5##",
    ),
    "it-IT": Region(
        "IT",
        "{street}, {number}",
        "Via Garibaldi, Viale dei Tigli, Piazza San Nicolò",
        "Roma|RM|001##, Milano|MI|201##, Torino|TO|101##, Forlì|FC|4712#",
    ),
    "nl-NL": Region(
        "NL",
        "{street} {number}",
        "Molenweg, Tulpstraat, Oude Gracht",
        "Amsterdam||1012 @@, Utrecht||3511 @@, 's-Hertogenbosch||5211 @@",
    ),
    "nl-BE": Region(
        "BE",
        "{street} {number}",
        "Kerkstraat, Veldlaan, Steenweg",
        "Antwerpen||20##, Gent||90##, Leuven||300#",
    ),
    "sv-SE": Region(
        "SE",
        "{street} {number}",
        "Björkvägen, Ängsgatan, Storgatan",
        "Stockholm||111 ##, Göteborg||411 ##, Malmö||211 ##, Umeå||903 ##",
    ),
    "nb-NO": Region(
        "NO",
        "{street} {number}",
        "Fjellveien, Ærfuglvegen, Strandgata",
        "Oslo||015#, Bergen||501#, Tromsø||900#, Ålesund||600#",
    ),
    "da-DK": Region(
        "DK",
        "{street} {number}",
        "Nørregade, Æblevej, Strandvejen",
        "København||110#, Aarhus||8000, Odense||5000, Sønderborg||6400",
    ),
    "fi-FI": Region(
        "FI",
        "{street} {number}",
        "Koivukatu, Järvitie, Mäkelänkatu",
        "Helsinki||001#0, Tampere||331#0, Jyväskylä||401#0",
    ),
    "is-IS": Region(
        "IS",
        "{street} {number}",
        "Hafnargata, Öldugata, Þórsgata",
        "Reykjavík||10#, Akureyri||600, Ísafjörður||400",
    ),
    "pl-PL": Region(
        "PL",
        "ul. {street} {number}",
        "Lipowa, Kościuszki, Źródlana, Łąkowa",
        "Warszawa||00-###, Kraków||31-###, Łódź||90-###, Gdańsk||80-###",
    ),
    "cs-CZ": Region(
        "CZ", "{street} {number}", "Dlouhá, Růžová, Na Příkopě", "Praha||110 ##, Brno||602 ##"
    ),
    "hr-HR": Region(
        "HR", "{street} {number}", "Ulica lipa, Vukovarska ulica", "Zagreb||10000, Šibenik||22000"
    ),
    "hu-HU": Region(
        "HU", "{street} {number}.", "Petőfi utca, Fő tér", "Budapest||105#, Győr||902#, Pécs||762#"
    ),
    "ro-RO": Region(
        "RO",
        "{street} nr. {number}",
        "Strada Florilor, Bulevardul Unirii",
        "București||0100##, Iași|Iași|7000##, Timișoara|Timiș|3000##",
    ),
    "lt-LT": Region("LT", "{street} {number}", "Liepų g., Žvejų g.", "Vilnius||LT-01###"),
    "tr-TR": Region(
        "TR",
        "{street} No: {number}",
        "Çınar Sokak, Atatürk Caddesi, Işıklar Caddesi",
        "İstanbul|İstanbul|344##, Ankara|Ankara|064##, İzmir|İzmir|352##, "
        "Diyarbakır|Diyarbakır|211##",
    ),
    "vi-VN": Region(
        "VN",
        "{number} {street}",
        "đường Lê Lợi, phố Hàng Bạc, đường Nguyễn Huệ",
        "Hà Nội||100000, Thành phố Hồ Chí Minh||700000, Đà Nẵng||550000",
    ),
    "id-ID": Region(
        "ID",
        "{street} No. {number}",
        "Jalan Melati, Jalan Diponegoro",
        "Jakarta|DKI Jakarta|101#0, Denpasar|Bali|801##, Yogyakarta|DI Yogyakarta|551##",
    ),
    "yo-NG": Region(
        "NG",
        "{number} {street}",
        "Adéníran Street, Ring Road",
        "Ìbàdàn|Oyo|2002##, Lagos|Lagos|1001##",
    ),
    "sw-KE": Region(
        "KE",
        "{street} {number}",
        "Barabara ya Moi, Kenyatta Road",
        "Nairobi||00100, Mombasa||80100",
    ),
    "sw-TZ": Region("TZ", "{street} {number}", "Mtaa wa Uhuru", "Dar es Salaam||111##"),
    "el-GR": Region(
        "GR",
        "{street} {number}",
        "Οδός Ερμού, Λεωφόρος Νίκης, Οδός Αγίου Δημητρίου",
        "Αθήνα||105 ##, Θεσσαλονίκη||546 ##, Ηράκλειο||712 ##",
    ),
    "ru-KZ": Region(
        "KZ", "{street}, {number}", "улица Абая, проспект Достык", "Алматы||0500##, Астана||0100##"
    ),
    "uk-UA": Region(
        "UA",
        "{street}, {number}",
        "вулиця Лесі Українки, вулиця Садова",
        "Київ||010##, Львів||790##, Чернівці||580##",
        "кв. {number}",
    ),
    "bg-BG": Region(
        "BG", "{street} № {number}", "ул. Раковски, ул. Роза", "София||10##, Пловдив||40##"
    ),
    "ka-GE": Region("GE", "{street} {number}", "რუსთაველის გამზირი", "თბილისი||010#, ბათუმი||6000"),
    "hy-AM": Region("AM", "{street} {number}", "Աբովյան փողոց", "Երևան||00##, Գյումրի||3101"),
    "ar-EG": Region(
        "EG",
        "{number} {street}",
        "شارع النيل, شارع الورد",
        "القاهرة|القاهرة|115##, الإسكندرية||215##",
    ),
    "ar-AE": Region("AE", "{number} {street}", "شارع الخليج", "دبي|دبي|, أبوظبي|أبوظبي|"),
    "ar-MA": Region("MA", "{number} {street}", "شارع الحسن الثاني", "الدار البيضاء||20###"),
    "ar-SA": Region("SA", "{number} {street}", "طريق الملك فهد", "الرياض||12###, جدة||23###"),
    "he-IL": Region(
        "IL", "{street} {number}", "רחוב הרצל, שדרות רוטשילד", "תל אביב־יפו||61#####, חיפה||31#####"
    ),
    "am-ET": Region("ET", "{street} {number}", "ቸርችል ጎዳና", "አዲስ አበባ||1000"),
    "bn-BD": Region("BD", "{number} {street}", "মিরপুর রোড, স্টেশন রোড", "ঢাকা||12##, চট্টগ্রাম||40##"),
    "ta-LK": Region("LK", "{number} {street}", "காலி வீதி", "யாழ்ப்பாணம்||40000, கொழும்பு||00#00"),
    "th-TH": Region(
        "TH",
        "{number} {street}",
        "ถนนสุขุมวิท, ถนนเจริญกรุง",
        "กรุงเทพมหานคร||101#0, เชียงใหม่|เชียงใหม่|502#0, ภูเก็ต|ภูเก็ต|83000",
    ),
    "ja-JP": Region(
        "JP",
        "{street}{number}番地",
        "神宮前三丁目, 本町一丁目, 桜ヶ丘二丁目",
        "渋谷区|東京都|150-00##, 京都市|京都府|600-8###, 札幌市|北海道|060-00##, "
        "那覇市|沖縄県|900-00##",
        "{number}号室",
    ),
    "ko-KR": Region(
        "KR",
        "{street} {number}",
        "세종대로, 벚꽃길, 한강로",
        "서울특별시||04###, 부산광역시||48###, 제주시|제주특별자치도|631##",
        "{number}호",
    ),
    "zh-CN": Region(
        "CN",
        "{street}{number}号",
        "中山路, 梧桐街, 人民南路",
        "上海市||2000##, 北京市||1000##, 成都市|四川省|6100##",
        "{number}室",
    ),
    "zh-TW": Region(
        "TW",
        "{street}{number}號",
        "中正路, 民生東路",
        "臺北市||100###, 臺南市||700###, 高雄市||800###",
    ),
}

# Where nothing is known of a country.
_ANYWHERE = Region("", "{number} {street}", "Example Street, Sample Road", "Exampleton||#####")

# Letters that British, Canadian and Dutch postal codes all allow where REGIONS puts them.
_POSTAL_LETTERS = "ABEGHJLNPRTWXYZ"


def address(locale: str, draw: draws.Draws) -> dict[str, object] | None:
    """A billing address in its wire form, or None where `REGIONS` has no such locale."""
    region = REGIONS.get(locale)
    return None if region is None else _address(region, region.cities.split(", "), draw)


def address_in(country: str, state: str | None, draw: draws.Draws) -> dict[str, object]:
    """A billing address in its wire form, in that country and state, if only by what it says."""
    regions = [region for region in REGIONS.values() if region.country == country]
    region = draw.pick(regions) if regions else _ANYWHERE
    cities = region.cities.split(", ")
    if state is not None:
        cities = [city for city in cities if city.split("|")[1] == state] or [_ANYWHERE.cities]
    return {**_address(region, cities, draw), "state": state, "country": country}


def _address(region: Region, cities: Sequence[str], draw: draws.Draws) -> dict[str, object]:
    city, state, postal_shape = draw.pick(cities).split("|")
    street = draw.pick(region.streets.split(", "))
    line2 = region.line2.format(number=draw.between(1, 9)) if draw.chance(30) else ""
    return {
        "line1": region.line1.format(street=street, number=draw.between(1, 240)),
        "line2": line2 or None,
        "postal_code": _postal_code(postal_shape, draw) or None,
        "city": city,
        "state": state or None,
        "country": region.country,
    }


def _postal_code(shape: str, draw: draws.Draws) -> str:
    """`shape` with its digits and letters filled in."""
    kinds = {"#": "0123456789", "@": _POSTAL_LETTERS}
    return "".join(draw.pick(kinds.get(character, character)) for character in shape)
