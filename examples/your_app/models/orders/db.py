# what was ordered, in a database; web2py runs this file for controllers/orders.py only
db = DAL("sqlite://orders.sqlite")
db.define_table("customer", Field("name"), format="%(name)s")
db.define_table("purchase", Field("customer", "reference customer"), Field("item", "integer"))

if db(db.purchase).isempty():
    for number in range(1, 25):
        # whoever comes first fills it; who comes at the same moment changes nothing
        db.executesql(
            "INSERT OR IGNORE INTO customer (id, name) VALUES (?, ?)",
            (number, f"Customer {number}"),
        )
        db.executesql(
            "INSERT OR IGNORE INTO purchase (id, customer, item) VALUES (?, ?, ?)",
            (number, number, 1 + number % len(CATALOGUE)),
        )
