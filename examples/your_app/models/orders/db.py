# what was ordered, in a database; web2py runs this file for controllers/orders.py only
db = DAL("sqlite://orders.sqlite")
db.define_table("customer", Field("name"), format="%(name)s")
db.define_table("purchase", Field("customer", "reference customer"), Field("item", "integer"))

if db(db.purchase).isempty():
    # whoever comes first fills it; who comes at the same moment changes nothing
    numbers = range(1, 25)
    places = ", ".join("(?, ?)" for number in numbers)
    db.executesql(
        f"INSERT OR IGNORE INTO customer (id, name) VALUES {places}",
        [value for number in numbers for value in (number, f"Customer {number}")],
    )
    places = ", ".join("(?, ?, ?)" for number in numbers)
    db.executesql(
        f"INSERT OR IGNORE INTO purchase (id, customer, item) VALUES {places}",
        [value for number in numbers for value in (number, number, 1 + number % len(CATALOGUE))],
    )
