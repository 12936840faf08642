"""The given names, family names and company names of the sample, by language.

A list is one string of entries parted by commas. An entry in another script than Latin carries its
romanisation after "=", from which e-mail addresses are made: "佐藤=Sato".
"""

# ruff: noqa: RUF001 - these alphabets share shapes with Latin letters, and mean their own

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How people and companies are named in one language, and where its speakers live."""

    #: BCP 47 locales; `places.REGIONS` has addresses for nearly all of them.
    locales: tuple[str, ...]
    women: str
    men: str
    families: str
    #: In the order of `families`, for languages whose family names agree with the person.
    families_of_women: str = ""
    #: Company names, with "{}" for a family name.
    companies: str
    #: Where "{given}", "{family}" and, in the cultures that have one, "{second}" family name stand.
    order: str = "{given} {family}"
    #: How often the language appears, relative to the others.
    weight: int = 2


LANGUAGES = (
    Language(
        locales=("en-US", "en-GB", "en-CA", "en-AU", "en-US", "en-NZ", "en-IE"),
        women="Olivia, Grace, Hannah, Chloe, Maya, Sophie, Imani, Ruth, Abigail, Nora, Zoe, Esther",
        men="James, Oliver, Ethan, Liam, Marcus, Noah, Caleb, Owen, Theo, Isaac, Malik, Rhys",
        families="Smith, Walker, O'Brien, Bennett, Hughes, Carter, Taylor-Reid, Murphy, Foster, "
        "Sinclair, MacLeod, Whitfield, Barnes, Okafor, Ashworth, Delgado, Quinn, Hawthorne",
        companies="{} & Daughters Ltd, {} Analytics, {} Robotics Inc., {} Studio, Bright {} Labs",
        weight=15,
    ),
    Language(
        locales=("en-IN",),
        women="Priya, Ananya, Meera, Kavya, Divya, Sneha",
        men="Arjun, Rohan, Vikram, Aditya, Karthik, Nikhil",
        families="Sharma, Iyer, Reddy, Patel, Banerjee, Nair, Kulkarni, Chatterjee, Menon",
        companies="{} Textiles Pvt. Ltd., {} Software Solutions, {} & Sons",
    ),
    Language(
        locales=("es-ES", "es-MX", "es-AR"),
        women="Lucía, Sofía, María José, Inés, Camila, Ximena, Begoña, Rocío",
        men="Alejandro, Mateo, Íñigo, Santiago, Joaquín, Andrés, Tomás, Diego",
        families="García, Fernández, Muñoz, Ibáñez, Castillo, Peña, Vázquez, Rojas, Núñez",
        companies="Talleres {} S.L., {} e Hijos S.A., Grupo {}, Librería {}",
        order="{given} {family} {second}",
        weight=5,
    ),
    Language(
        locales=("fr-FR", "fr-CA", "fr-BE", "fr-CH"),
        women="Amélie, Zoé, Léa, Maëlys, Françoise, Anaïs, Hélène, Aïcha",
        men="Étienne, Loïc, Jean-Baptiste, Rémi, Théo, Gaël, François, Cédric",
        families="Dubois, Lefèvre, Moreau, Bélanger, Châtelain, Garnier, Noël, Rousseau, Tremblay, "
        "Gonçalves, Le Goff, d'Aubigné",
        companies="Ateliers {} SARL, {} et Fils, Boulangerie {}, {} Conseil SAS",
        weight=4,
    ),
    Language(
        locales=("de-DE", "de-AT", "de-CH"),
        women="Jördis, Käthe, Lena, Annika, Heike, Zoë, Greta, Sabine",
        men="Jörg, Matthias, Günther, Lukas, Björn, Felix, Sören, Tobias",
        families="Müller, Schäfer, Weiß, Köhler, Vogel, Großmann, Lindner, Öztürk, von Arnim",
        companies="{} GmbH, {} & Söhne KG, Bäckerei {}, {} Maschinenbau GmbH",
        weight=4,
    ),
    Language(
        locales=("pt-BR", "pt-PT"),
        women="Beatriz, Conceição, Júlia, Letícia, Inês, Thaís",
        men="João, Caio, Antônio, Thiago, Luís, Sebastião",
        families="Silva, Araújo, Gonçalves, Magalhães, Conceição, Nóbrega, Simões, Leitão",
        companies="{} Engenharia Ltda., Padaria {}, {} & Irmãos, Cervejaria {}",
        order="{given} {family} {second}",
        weight=3,
    ),
    Language(
        locales=("it-IT",),
        women="Giulia, Chiara, Beatrice, Noemi, Ilaria, Lucrezia",
        men="Niccolò, Matteo, Lorenzo, Davide, Pietro, Alessio",
        families="Rossi, De Luca, Ferrari, D'Angelo, Bianchi, Caruso, Lo Monaco, Nicolò, Greco",
        companies="Officine {} S.r.l., {} Design, Cantina {}, Fratelli {}",
        weight=3,
    ),
    Language(
        locales=("nl-NL", "nl-BE"),
        women="Sanne, Fleur, Anouk, Daniëlle, Lotte, Maaike",
        men="Daan, Joost, Bram, Thijs, Ruben, Daniël",
        families="de Vries, van Dijk, Jansen, Bakker, van den Berg, Visser, Coenraads, 't Hart",
        companies="{} Fietsen B.V., {} & Zonen, Drukkerij {}",
    ),
    Language(
        locales=("sv-SE",),
        women="Åsa, Linnéa, Elin, Malin, Märta, Saga",
        men="Björn, Göran, Anders, Oskar, Håkan, Måns",
        families="Lindström, Åkesson, Bergqvist, Sjöberg, Nyström, Hägg, Öberg, Ekdahl",
        companies="{} Bygg AB, {}s Konditori, {} & Partner AB",
    ),
    Language(
        locales=("nb-NO",),
        women="Ingrid, Solveig, Åse, Marit, Tuva, Ragnhild",
        men="Håkon, Øyvind, Sindre, Bjørn, Torstein, Pål",
        families="Hansen, Bråten, Ødegård, Solberg, Fjeldstad, Bakke, Nygård, Sæther",
        companies="{} Fisk AS, {} Arkitekter AS, {} & Sønner",
    ),
    Language(
        locales=("da-DK",),
        women="Astrid, Søs, Freja, Karoline, Bodil, Signe",
        men="Søren, Jørgen, Mikkel, Rasmus, Aage, Kåre",
        families="Sørensen, Nørgaard, Kjær, Møller, Østergaard, Thygesen, Bæk, Lund",
        companies="{} Møbler ApS, {} & Søn, {} Vind A/S",
    ),
    Language(
        locales=("fi-FI",),
        women="Aino, Päivi, Helmi, Venla, Säde, Kerttu",
        men="Väinö, Eero, Jyrki, Onni, Mikko, Yrjö",
        families="Virtanen, Mäkinen, Hämäläinen, Nieminen, Koskela, Räsänen, Kärkkäinen, Salo",
        companies="{} Oy, Leipomo {}, {} Metsäpalvelut Oy",
    ),
    Language(
        locales=("is-IS",),
        women="Guðrún, Sigríður, Þórdís, Ásta, Björk, Hrafnhildur",
        men="Þorsteinn, Ólafur, Sigurður, Kári, Einar, Guðmundur",
        families="Jónsson, Sigurðsson, Þórsson, Einarsson, Ólafsson, Magnússon, Bjarnason",
        families_of_women="Jónsdóttir, Sigurðardóttir, Þórsdóttir, Einarsdóttir, Ólafsdóttir, "
        "Magnúsdóttir, Bjarnadóttir",
        companies="{} ehf., Útgerð {} hf.",
    ),
    Language(
        locales=("pl-PL",),
        women="Małgorzata, Agnieszka, Zofia, Łucja, Bożena, Kinga",
        men="Łukasz, Paweł, Stanisław, Michał, Grzegorz, Wojciech",
        families="Kowalski, Wiśniewski, Zieliński, Dąbrowski, Wójcik, Śliwiński, Żak, Nowak",
        families_of_women="Kowalska, Wiśniewska, Zielińska, Dąbrowska, Wójcik, Śliwińska, Żak, "
        "Nowak",
        companies="{} i Wspólnicy sp. z o.o., Piekarnia {}, Drukarnia {}",
        weight=3,
    ),
    Language(
        locales=("cs-CZ",),
        women="Lenka, Žaneta, Tereza, Kateřina, Božena, Adéla",
        men="Jiří, Ondřej, Tomáš, Matěj, Řehoř, Vojtěch",
        families="Novák, Dvořák, Černý, Procházka, Kučera, Růžička, Šťastný",
        families_of_women="Nováková, Dvořáková, Černá, Procházková, Kučerová, Růžičková, Šťastná",
        companies="{} s.r.o., Pivovar {}, {} a syn",
    ),
    Language(
        locales=("hr-HR",),
        women="Ivana, Željka, Maja, Dunja, Petra",
        men="Luka, Krešimir, Šime, Ante, Hrvoje",
        families="Horvat, Kovačević, Babić, Đurić, Perković, Šimić, Vuković",
        companies="{} d.o.o., Brodogradnja {}",
        weight=1,
    ),
    Language(
        locales=("hu-HU",),
        women="Zsófia, Eszter, Réka, Ágnes, Boglárka, Tünde",
        men="László, Gergő, Bálint, Ádám, Csaba, Zoltán",
        families="Nagy, Szabó, Kovács, Tóth, Horváth, Kőszegi, Erdős, Szűcs",
        companies="{} és Társa Kft., {} Pékség",
        order="{family} {given}",
    ),
    Language(
        locales=("ro-RO",),
        women="Ioana, Ștefania, Mădălina, Ruxandra, Anca",
        men="Ștefan, Andrei, Răzvan, Mircea, Vlăduț",
        families="Popescu, Ionescu, Țurcanu, Văcărescu, Munteanu, Bălan, Dragoș",
        companies="{} Construcții S.R.L., Livada {}",
        weight=1,
    ),
    Language(
        locales=("lt-LT",),
        women="Eglė, Rūta, Živilė, Austėja",
        men="Jonas, Žygimantas, Mindaugas, Šarūnas",
        families="Kazlauskas, Petrauskas, Žukauskas, Jankauskas",
        families_of_women="Kazlauskienė, Petrauskaitė, Žukauskaitė, Jankauskienė",
        companies="UAB {}, {} ir partneriai",
        weight=1,
    ),
    Language(
        locales=("tr-TR",),
        women="Ayşe, Çiğdem, Gülşah, Elif, Özlem, Işıl",
        men="İbrahim, Oğuz, Çağrı, Emre, Yiğit, Şükrü",
        families="Yılmaz, Demir, Şahin, Çelik, Öztürk, Kılıç, Doğan, Işık",
        companies="{} Tekstil A.Ş., {} Kardeşler Ltd. Şti., {} Yazılım",
        weight=3,
    ),
    Language(
        locales=("vi-VN",),
        women="Thị Mai, Thu Hà, Ngọc Ánh, Thùy Linh, Bích Phượng, Khánh Vy",
        men="Văn Đức, Minh Quân, Quốc Bảo, Hữu Phước, Tuấn Kiệt, Đình Trọng",
        families="Nguyễn, Trần, Lê, Phạm, Hoàng, Đặng, Bùi, Đỗ, Võ",
        companies="Công ty TNHH {} Phát, Cà phê {}, Gốm sứ {}",
        order="{family} {given}",
        weight=3,
    ),
    Language(
        locales=("id-ID",),
        women="Dewi, Sri Wahyuni, Putri, Ni Made Ayu, Siti Rahma",
        men="Budi, Agus, I Wayan Gede, Rizky, Bambang",
        families="Santoso, Wijaya, Kusuma, Hidayat, Siregar, Pratama",
        companies="PT {} Abadi, CV Batik {}, Kopi {}",
    ),
    Language(
        locales=("yo-NG",),
        women="Adéọlá, Fọlákẹ́, Títílayọ̀, Yétúndé, Mọ́remí, Abímbọ́lá",
        men="Olúṣẹ́gun, Babátúndé, Àkànní, Káyọ̀dé, Ọlámidé, Táíwò",
        families="Adébáyọ̀, Ọ̀ṣúndáre, Akíntọ́lá, Ògúnbíyìí, Ọláwálé, Ajayí",
        companies="{} & Sons Nigeria Ltd, {} Aṣọ Òkè, {} Agro",
    ),
    Language(
        locales=("sw-KE", "sw-TZ"),
        women="Amina, Neema, Wanjiru, Zawadi, Achieng, Rehema",
        men="Juma, Baraka, Kipchoge, Otieno, Mwangi, Hamisi",
        families="Kamau, Mwakyusa, Ochieng, Njoroge, Ng'ang'a, Mushi, Abdallah, Kiprono",
        companies="{} Safari Ltd, Duka la {}, {} Kahawa",
    ),
    Language(
        locales=("el-GR",),
        women="Ελένη=Eleni, Δέσποινα=Despina, Αικατερίνη=Aikaterini, Ζωή=Zoi, Σοφία=Sofia",
        men="Γιώργος=Giorgos, Δημήτρης=Dimitris, Νίκος=Nikos, Στέλιος=Stelios, Θανάσης=Thanasis",
        families="Παπαδόπουλος=Papadopoulos, Γεωργίου=Georgiou, Οικονόμου=Oikonomou, "
        "Καραγιάννης=Karagiannis, Βλάχος=Vlachos, Νικολαΐδης=Nikolaidis",
        families_of_women="Παπαδοπούλου=Papadopoulou, Γεωργίου=Georgiou, Οικονόμου=Oikonomou, "
        "Καραγιάννη=Karagianni, Βλάχου=Vlachou, Νικολαΐδου=Nikolaidou",
        companies="{} & Υιοί Ο.Ε., Ναυπηγεία {} Α.Ε., Ελαιοτριβείο {}",
        weight=3,
    ),
    Language(
        locales=("ru-KZ",),
        women="Анна=Anna, Екатерина=Ekaterina, Юлия=Yulia, Светлана=Svetlana, Алёна=Alyona",
        men="Дмитрий=Dmitry, Алексей=Alexey, Сергей=Sergey, Илья=Ilya, Фёдор=Fyodor",
        families="Иванов=Ivanov, Кузнецов=Kuznetsov, Соловьёв=Solovyov, "
        "Щербаков=Shcherbakov, Белый=Bely",
        families_of_women="Иванова=Ivanova, Кузнецова=Kuznetsova, Соловьёва=Solovyova, "
        "Щербакова=Shcherbakova, Белая=Belaya",
        companies="ТОО «{}», {} и партнёры, Пекарня «{}»",
    ),
    Language(
        locales=("uk-UA",),
        women="Оксана=Oksana, Соломія=Solomiia, Юлія=Yuliia, Наталія=Nataliia, Дарина=Daryna",
        men="Тарас=Taras, Андрій=Andrii, Олексій=Oleksii, Богдан=Bohdan, Євген=Yevhen",
        families="Шевченко=Shevchenko, Коваленко=Kovalenko, Бойко=Boiko, Гнатюк=Hnatiuk, "
        "Їжак=Yizhak",
        companies="ТОВ «{}», Друкарня {}, {} і сини",
    ),
    Language(
        locales=("bg-BG",),
        women="Цветелина=Tsvetelina, Радка=Radka, Здравка=Zdravka, Елица=Elitsa",
        men="Георги=Georgi, Красимир=Krasimir, Стоян=Stoyan, Любомир=Lyubomir",
        families="Димитров=Dimitrov, Ангелов=Angelov, Стоянов=Stoyanov, Пенчев=Penchev",
        families_of_women="Димитрова=Dimitrova, Ангелова=Angelova, Стоянова=Stoyanova, "
        "Пенчева=Pencheva",
        companies="{} ЕООД, Розоварна {}",
        weight=1,
    ),
    Language(
        locales=("ka-GE",),
        women="ნინო=Nino, თამარ=Tamar, ქეთევან=Ketevan, ეკა=Eka",
        men="გიორგი=Giorgi, ლევან=Levan, ზურაბ=Zurab, ირაკლი=Irakli",
        families="ბერიძე=Beridze, კაპანაძე=Kapanadze, გელაშვილი=Gelashvili, მაისურაძე=Maisuradze",
        companies="შპს {}, {} და ძმები",
        weight=1,
    ),
    Language(
        locales=("hy-AM",),
        women="Անի=Ani, Լուսինե=Lusine, Մարիամ=Mariam, Նարե=Nare",
        men="Արամ=Aram, Տիգրան=Tigran, Հայկ=Hayk, Վարդան=Vardan",
        families="Հակոբյան=Hakobyan, Սարգսյան=Sargsyan, Պետրոսյան=Petrosyan, Գրիգորյան=Grigoryan",
        companies="{} ՍՊԸ, {} և որդիներ",
        weight=1,
    ),
    Language(
        locales=("ar-EG", "ar-AE", "ar-MA", "ar-SA"),
        women="فاطمة=Fatima, ليلى=Layla, نور=Nour, مريم=Maryam, زينب=Zaynab, هالة=Hala",
        men="محمد=Mohamed, أحمد=Ahmed, عمر=Omar, خالد=Khaled, يوسف=Youssef, طارق=Tarek",
        families="الحداد=Al-Haddad, المنصوري=Al-Mansoori, عبد الله=Abdullah, النجار=El-Naggar, "
        "بنعلي=Benali, الخطيب=Al-Khatib, فاروق=Farouk, الشريف=Al-Sharif",
        companies="شركة {} للتجارة, مؤسسة {} وأولاده, مخبز {}",
        weight=4,
    ),
    Language(
        locales=("he-IL",),
        women="נועה=Noa, תמר=Tamar, שירה=Shira, מיכל=Michal, יעל=Yael",
        men="דניאל=Daniel, איתן=Eitan, יוסף=Yosef, אורי=Uri, עומר=Omer",
        families="כהן=Cohen, לוי=Levi, מזרחי=Mizrahi, פרץ=Peretz, בן־דוד=Ben-David, אברהם=Avraham",
        companies='{} ובניו בע"מ, מאפיית {}, סטודיו {}',
        weight=3,
    ),
    Language(
        locales=("fa",),
        women="شیرین=Shirin, نسرین=Nasrin, پریسا=Parisa, مهسا=Mahsa",
        men="رضا=Reza, کاوه=Kaveh, آرش=Arash, پژمان=Pejman",
        families="حسینی=Hosseini, کریمی=Karimi, تهرانی=Tehrani, گل\u200cمحمدی=Golmohammadi",
        companies="گروه {}, چاپخانه {}",
    ),
    Language(
        locales=("am-ET",),
        women="ሰላም=Selam, ትዕግስት=Tigist, ሕይወት=Hiwot, ማርታ=Marta",
        men="አበበ=Abebe, ዳዊት=Dawit, ተስፋዬ=Tesfaye, ሙሉጌታ=Mulugeta",
        families="በቀለ=Bekele, ገብረማርያም=Gebremariam, ታደሰ=Tadesse, ወልደ=Wolde",
        companies="{} የንግድ ሥራ, {} ቡና",
        weight=1,
    ),
    Language(
        locales=("hi-IN",),
        women="प्रिया=Priya, अनन्या=Ananya, दीपिका=Deepika, सुनीता=Sunita, काव्या=Kavya",
        men="राहुल=Rahul, अर्जुन=Arjun, विकास=Vikas, संजय=Sanjay, कृष्ण=Krishna",
        families="शर्मा=Sharma, वर्मा=Verma, गुप्ता=Gupta, त्रिपाठी=Tripathi, सिंह=Singh, मिश्रा=Mishra",
        companies="{} उद्योग, {} एंड संस, {} मिष्ठान भंडार",
        weight=4,
    ),
    Language(
        locales=("bn-BD",),
        women="ফারহানা=Farhana, সুমাইয়া=Sumaiya, রুমানা=Rumana, তানিয়া=Tania",
        men="রাকিব=Rakib, তানভীর=Tanvir, শফিকুল=Shafiqul, মাহমুদ=Mahmud",
        families="রহমান=Rahman, হোসেন=Hossain, চৌধুরী=Chowdhury, আহমেদ=Ahmed",
        companies="{} ট্রেডার্স, {} প্রকাশনী",
    ),
    Language(
        locales=("ta-LK",),
        women="கவிதா=Kavitha, மீனா=Meena, தமிழ்ச்செல்வி=Tamilselvi, லட்சுமி=Lakshmi",
        men="முருகன்=Murugan, அரவிந்த்=Aravind, கார்த்திக்=Karthik, செந்தில்=Senthil",
        families="சுப்பிரமணியம்=Subramaniam, ராஜேந்திரன்=Rajendran, பாலகிருஷ்ணன்=Balakrishnan",
        companies="{} நிறுவனம், {} பதிப்பகம்",
        weight=1,
    ),
    Language(
        locales=("th-TH",),
        women="สมหญิง=Somying, กัญญา=Kanya, ปรียา=Preeya, มาลี=Malee, พิมพ์ชนก=Pimchanok",
        men="สมชาย=Somchai, ณัฐพล=Nattapon, วีรยุทธ=Weerayut, ธนกร=Thanakorn, กิตติ=Kitti",
        families="ใจดี=Jaidee, ศรีสุข=Srisuk, วงศ์สวัสดิ์=Wongsawat, บุญมี=Boonmee, ทองคำ=Thongkham",
        companies="บริษัท {} จำกัด, ร้าน {} การค้า",
        weight=3,
    ),
    Language(
        locales=("ja-JP",),
        women="陽菜=Hina, さくら=Sakura, 美咲=Misaki, 結衣=Yui, エミリー=Emily, 智子=Tomoko",
        men="大翔=Hiroto, 健太=Kenta, 蓮=Ren, 翔太=Shota, 直樹=Naoki, ケン=Ken",
        families="佐藤=Sato, 鈴木=Suzuki, 高橋=Takahashi, 渡辺=Watanabe, 小林=Kobayashi, "
        "髙木=Takagi, 山本=Yamamoto, 斎藤=Saito",
        companies="株式会社{}工房, {}商店, 合同会社{}デザイン",
        order="{family} {given}",
        weight=5,
    ),
    Language(
        locales=("ko-KR",),
        women="서연=Seoyeon, 지우=Jiwoo, 하은=Haeun, 수빈=Subin, 영희=Younghee",
        men="민준=Minjun, 도윤=Doyun, 현우=Hyunwoo, 지훈=Jihoon, 철수=Cheolsu",
        families="김=Kim, 이=Lee, 박=Park, 최=Choi, 정=Jung, 강=Kang, 윤=Yoon, 남궁=Namgung",
        companies="주식회사 {}앤컴퍼니, {}공방, {}상사",
        order="{family}{given}",
        weight=4,
    ),
    Language(
        locales=("zh-CN",),
        women="秀英=Xiuying, 欣怡=Xinyi, 丽=Li, 雨桐=Yutong, 静=Jing",
        men="伟=Wei, 浩然=Haoran, 子轩=Zixuan, 建国=Jianguo, 强=Qiang",
        families="王=Wang, 李=Li, 张=Zhang, 刘=Liu, 陈=Chen, 赵=Zhao, 欧阳=Ouyang, 孙=Sun",
        companies="{}氏科技有限公司, 老{}茶行, {}记贸易有限公司",
        order="{family}{given}",
        weight=4,
    ),
    Language(
        locales=("zh-TW",),
        women="淑芬=Shufen, 雅婷=Yating, 怡君=Yijun, 詩涵=Shihan",
        men="志明=Zhiming, 俊傑=Junjie, 家豪=Jiahao, 冠宇=Guanyu",
        families="林=Lin, 黃=Huang, 張=Chang, 蔡=Tsai, 許=Hsu, 鄭=Cheng",
        companies="{}記股份有限公司, {}家茶行",
        order="{family}{given}",
    ),
)
