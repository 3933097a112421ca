# The same page twice: asking the database once for each row, and asking it once.


def one_by_one():
    lines = []
    for purchase in db(db.purchase).select(orderby=db.purchase.id):
        # slow on purpose: a query for each order
        customer = db.customer(purchase.customer)
        lines.append((customer.name, CATALOGUE[purchase.item][0]))
    response.view = "orders/list.html"
    return dict(lines=lines)


def at_once():
    rows = db(db.purchase.customer == db.customer.id).select(orderby=db.purchase.id)
    response.view = "orders/list.html"
    return dict(lines=[(row.customer.name, CATALOGUE[row.purchase.item][0]) for row in rows])
