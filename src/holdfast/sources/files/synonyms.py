"""What people call the canonical fields, in a few languages; case, accents and punctuation do not matter."""

from __future__ import annotations

from holdfast.sources.files.dialect import folded
from holdfast.sources.files.fields import CUSTOMERS, FIELDS, ORDER_LINES, ORDERS, PRODUCTS, REFUNDS, TRANSACTIONS

_SAID: dict[str, str] = {
    "order_id": "order id, order no, order nr, order number, order, order #, ordernumber, invoice, invoice no, invoice number, "
    "invoice id, receipt, receipt no, receipt id, sales order, bestellnummer, bestell nr, bestell id, auftragsnummer, "
    "rechnungsnummer, numero de commande, n de commande, commande, numero de pedido, pedido, no pedido, id pedido, "
    "numero ordine, ordine, ordernummer, bestelnummer, numero do pedido, document number, transaction no",
    "placed_at": "placed at, order date, ordered at, date, order time, order datetime, created at, created, purchase date, "
    "purchased at, invoice date, processed at, timestamp, datum, bestelldatum, auftragsdatum, rechnungsdatum, "
    "date de commande, date commande, fecha, fecha pedido, fecha de pedido, data, data ordine, data do pedido, "
    "besteldatum, orderdatum, sale date, day, date created, order placed, order created at",
    "cancelled_at": "cancelled at, canceled at, cancel date, cancelled date, storniert am",
    "financial_status": "financial status, status, order status, payment status, state, bestellstatus, statut, estado, stato",
    "fulfillment_status": "fulfillment status, fulfilment status, shipping status, delivery status, versandstatus",
    "test": "test, is test, test order",
    "channel": "channel, sales channel, source, source name, order source, platform, vertriebskanal, kanal, canal, canale",
    "currency": "currency, currency code, order currency, waehrung, wahrung, devise, moneda, valuta, moeda",
    "subtotal": "subtotal, sub total, order subtotal, net total, net sales, net amount, zwischensumme, sous total",
    "discount": "discount, order discount, discount amount, discount total, total discount, total discounts, coupon amount, rabatt, "
    "remise, descuento, sconto, korting, desconto",
    "discount_code": "discount code, coupon, coupon code, coupons, promo code, promotion code, voucher code, gutscheincode, code promo",
    "tax": "tax, taxes, tax total, total tax, order tax, vat, vat amount, mwst, ust, steuer, tva, iva, btw, impuestos",
    "shipping": "shipping, shipping total, shipping amount, shipping cost, shipping fee, postage, freight, versand, versandkosten, "
    "frais de port, livraison, envio, gastos de envio, spedizione, verzendkosten, frete",
    "tip": "tip, tips, gratuity, trinkgeld, pourboire",
    "total": "total, order total, grand total, total price, total amount, order amount, order value, amount, revenue, sales, "
    "total paid, paid amount, value, gesamt, gesamtbetrag, gesamtsumme, summe, betrag, montant, montant total, importe, "
    "importe total, totale, importo, totaal, bedrag, valor total, dollar value",
    "refunded": "refunded amount, refunded, amount refunded, order refund amount, total refunded, erstattet",
    "taxes_included": "taxes included, tax included, prices include tax",
    "tags": "order tags, tags",
    "customer_id": "customer id, customer no, customer number, customer, customer nr, client id, client, client no, buyer id, buyer, "
    "user id, user, member id, kundennummer, kunden nr, kundennr, kunde, kunden id, numero client, id cliente, cliente, "
    "codice cliente, klantnummer, klant id, klant, shopper id",
    "email": "email, e mail, email address, customer email, billing email, buyer email, client email, user email, mail, "
    "e mail adresse, emailadresse, adresse email, courriel, correo, correo electronico, indirizzo email, e mailadres",
    "phone": "phone, phone number, telephone, mobile, billing phone, telefon, telefonnummer, tel, telefono, telefoon, telefone",
    "first_name": "first name, firstname, given name, billing first name, vorname, prenom, nombre, nome, voornaam",
    "last_name": "last name, lastname, surname, family name, billing last name, nachname, nom, apellido, apellidos, cognome, achternaam",
    "country": "country, country code, billing country, shipping country, customer country, land, pays, pais, paese",
    "is_guest": "guest, is guest, guest order, guest checkout",
    "sku": "sku, product code, item code, stock code, article number, article no, item no, item number, product sku, variant sku, "
    "artikelnummer, artikel nr, artikelnr, reference, ref produit, referencia, codice articolo, artikelcode, part number",
    "product_id": "product id, variant id, item id, produkt id, produit id, id producto",
    "title": "product, product name, item, item name, description, product title, title, name, lineitem name, artikel, "
    "artikelname, artikelbezeichnung, bezeichnung, produkt, produktname, produit, nom du produit, producto, descripcion, "
    "prodotto, descrizione, omschrijving, produto",
    "type": "product type, category, product category, type, kategorie, categorie, categoria",
    "vendor": "vendor, brand, manufacturer, supplier, marke, hersteller, marque, marca, merk",
    "line_id": "line id, line number, line no, line item id, order line id, position, pos",
    "kind": "line kind, line type",
    "quantity": "quantity, qty, units, pieces, count, item quantity, quantity ordered, lineitem quantity, number of items, items, "
    "menge, anzahl, stueck, stuck, quantite, qte, cantidad, unidades, quantita, aantal, quantidade",
    "price": "price, unit price, item price, price each, price per unit, product price, lineitem price, item cost, preis, einzelpreis, "
    "stueckpreis, stuckpreis, prix, prix unitaire, precio, precio unitario, prezzo, prezzo unitario, prijs, stukprijs, preco",
    "line_total": "line total, row total, item total, extended price, line amount, line price, total line, position total, line revenue, "
    "zeilensumme, positionssumme, total ligne, total linea",
    "line_discount": "line discount, item discount, row discount, lineitem discount",
    "line_tax": "line tax, item tax, row tax",
    "unit_cost": "unit cost, cost price, cost, cogs, cost per item, einkaufspreis",
    "account_created_at": "account created at, account created, customer since, registered at, registration date, sign up, sign up date, "
    "signup date, signed up at, date registered, created at, created, date created, member since, kunde seit, registriert am, "
    "date inscription, fecha de registro, data registrazione",
    "email_consent": "email consent, accepts email marketing, accepts marketing, newsletter, marketing consent, email opt in, opt in",
    "sms_consent": "sms consent, accepts sms marketing, sms opt in",
    "customer_tags": "customer tags, tags, labels",
    "is_test": "is test, test customer",
    "is_staff": "is staff, staff, employee",
    "imported": "imported, migrated",
    "refund_id": "refund id, refund no, refund number, credit note, credit note number, credit memo, return id, rma, gutschrift, avoir",
    "refunded_at": "refunded at, refund date, credit date, return date, date, created at, created, processed at, datum",
    "amount": "amount, refund amount, refunded amount, total, refund total, transaction amount, payment amount, value, betrag, montant, "
    "importe",
    "note": "note, reason, refund reason, return reason, comment, grund, raison",
    "transaction_id": "transaction id, payment id, charge id, transaction no, payment reference, transaction",
    "transaction_kind": "kind, transaction kind, transaction type, type, payment type",
    "status": "status, transaction status, payment status, result",
    "gateway": "gateway, payment gateway, payment method, processor, payment provider, zahlungsart",
    "processed_at": "processed at, transaction date, payment date, paid at, date, created at, created, timestamp, datum",
}

# On a row that is one order, a bare "price" is not a price of one piece.
_ONLY: dict[str, dict[str, str]] = {
    ORDER_LINES: {"total": "total, order total, grand total, total paid, order amount, order value, gesamtbetrag"},
    CUSTOMERS: {"customer_id": f"{_SAID['customer_id']}, id, name id"},
    PRODUCTS: {"product_id": f"{_SAID['product_id']}, id, handle"},
    REFUNDS: {"refund_id": f"{_SAID['refund_id']}, id"},
    TRANSACTIONS: {"transaction_id": f"{_SAID['transaction_id']}, id"},
    ORDERS: {"order_id": f"{_SAID['order_id']}, id, name"},
}
_ONLY[ORDER_LINES]["line_total"] = f"{_SAID['line_total']}, amount, revenue, sales, value, betrag, montant, importe"


def synonyms(grain: str) -> dict[str, tuple[str, ...]]:
    """Canonical field → folded names, the likeliest first, for one grain."""
    return {
        name: (
            folded(name),
            *(folded(word) for word in (_ONLY.get(grain, {}).get(name) or _SAID.get(name, "")).split(",") if word),
        )
        for name in FIELDS[grain]
    }


def matched(grain: str, headers: list[str]) -> dict[str, str]:
    """Canonical field → header. Each header feeds one field: the field that names it most plainly."""
    said = synonyms(grain)
    offers = sorted(
        (words.index(folded(header)), place, name, header)
        for name, words in said.items()
        for place, header in enumerate(headers)
        if folded(header) in words
    )
    fed: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, name, header in offers:
        if name not in fed and header not in taken:
            fed[name] = header
            taken.add(header)
    return fed
