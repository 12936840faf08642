"""Which tax number formats each country has, in the order in which they are tried.

The format names are those of the wire (`TaxIDFormat` in the reference's OpenAPI document, which in
turn are Stripe's). A country has only formats that can be checked: the reference too refuses a number
where it knows a format's name but has no check for it (Bahrain, China, the Dominican Republic, …).
"""

from types import MappingProxyType

_FORMATS = """
    ad_nrt ae_trn ar_cuit au_abn au_arn bg_uic bh_vat bo_tin br_cnpj br_cpf ca_bn ca_gst_hst
    ca_pst_bc ca_pst_mb ca_pst_sk ca_qst ch_uid ch_vat cl_tin cn_tin co_nit cr_tin de_stn do_rcn
    ec_ruc eg_tin es_cif eu_oss_vat eu_vat gb_vat ge_vat hk_br hr_oib hu_tin id_npwp il_vat in_gst
    is_vat jp_cn jp_rn jp_trn ke_pin kr_brn kz_bin li_uid mk_vat mx_rfc my_frp my_itn my_sst ng_tin
    no_vat no_voec nz_gst om_vat pe_ruc ph_tin ro_tin rs_pib ru_inn ru_kpp sa_vat sg_gst sg_uen
    si_tin sv_nit th_vat tr_tin tw_vat ua_vat us_ein uy_ruc ve_rif vn_tin za_vat mu_tan
"""
_EUROPEAN_UNION = """
    AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
"""

FORMATS = tuple(_FORMATS.split())
"""Every format that a customer can show, in the wire's order. An import may bring any of them."""

FORMATS_BY_COUNTRY = MappingProxyType(
    {
        **dict.fromkeys(_EUROPEAN_UNION.split(), ("eu_vat",)),
        "AD": ("ad_nrt",),
        "AE": ("ae_trn",),
        "AR": ("ar_cuit",),
        "AU": ("au_abn",),
        "BR": ("br_cnpj", "br_cpf"),
        "CA": ("ca_gst_hst", "ca_bn"),
        "CH": ("ch_uid", "ch_vat"),
        "CL": ("cl_tin",),
        "CO": ("co_nit",),
        "CR": ("cr_tin",),
        "EC": ("ec_ruc",),
        "GB": ("gb_vat",),
        "GE": ("ge_vat",),
        "HK": ("hk_br",),
        "ID": ("id_npwp",),
        "IL": ("il_vat",),
        "IN": ("in_gst",),
        "IS": ("is_vat",),
        "JP": ("jp_cn",),
        "KE": ("ke_pin",),
        "KR": ("kr_brn",),
        "MK": ("mk_vat",),
        "MU": ("mu_tan",),
        "MX": ("mx_rfc",),
        "NO": ("no_vat",),
        "PE": ("pe_ruc",),
        "RS": ("rs_pib",),
        "RU": ("ru_inn",),
        "SG": ("sg_uen",),
        "SV": ("sv_nit",),
        "TH": ("th_vat",),
        "TR": ("tr_tin",),
        "TW": ("tw_vat",),
        "US": ("us_ein",),
        "UY": ("uy_ruc",),
        "VE": ("ve_rif",),
        "VN": ("vn_tin",),
    }
)
"""Country code → the formats its numbers may have; the first that fits is the number's."""

STDNUM_MODULES = MappingProxyType(
    {
        "ad_nrt": "stdnum.ad.nrt",
        "ar_cuit": "stdnum.ar.cuit",
        "au_abn": "stdnum.au.abn",
        "br_cnpj": "stdnum.br.cnpj",
        "br_cpf": "stdnum.br.cpf",
        "ca_bn": "stdnum.ca.bn",
        "ca_gst_hst": "stdnum.ca.bn",
        "ch_uid": "stdnum.ch.uid",
        "ch_vat": "stdnum.ch.vat",
        "cl_tin": "stdnum.cl.rut",
        "co_nit": "stdnum.co.nit",
        "cr_tin": "stdnum.cr.cpj",
        "ec_ruc": "stdnum.ec.ruc",
        "eu_vat": "stdnum.eu.vat",
        "gb_vat": "stdnum.gb.vat",
        "id_npwp": "stdnum.id.npwp",
        "il_vat": "stdnum.il.idnr",  # people register too, not only companies (stdnum.il.hp)
        "in_gst": "stdnum.in_.gstin",
        "is_vat": "stdnum.is_.vsk",
        "jp_cn": "stdnum.jp.cn",
        "ke_pin": "stdnum.ke.pin",
        "kr_brn": "stdnum.kr.brn",
        "mk_vat": "stdnum.mk.edb",
        "mx_rfc": "stdnum.mx.rfc",
        "no_vat": "stdnum.no.mva",
        "pe_ruc": "stdnum.pe.ruc",
        "rs_pib": "stdnum.rs.pib",
        "ru_inn": "stdnum.ru.inn",
        "sg_uen": "stdnum.sg.uen",
        "sv_nit": "stdnum.sv.nit",
        "th_vat": "stdnum.th.moa",
        "tr_tin": "stdnum.tr.vkn",
        "tw_vat": "stdnum.tw.ubn",
        "us_ein": "stdnum.us.ein",
        "uy_ruc": "stdnum.uy.rut",
        "ve_rif": "stdnum.ve.rif",
        "vn_tin": "stdnum.vn.mst",
    }
)
"""Format → the python-stdnum module that checks and compacts its numbers."""
