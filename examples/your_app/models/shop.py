# what the shop sells: number -> (name, price in won)
CATALOGUE = {
    number: (name, price)
    for number, (name, price) in enumerate(
        [
            ("Stone guardian, small", 18000),
            ("Stone guardian, large", 94000),
            ("Roof tile with a face", 12500),
            ("Brass bell", 31000),
            ("Paper lantern", 7000),
            ("Lacquer box", 58000),
            ("Ink stone", 26000),
            ("Celadon cup", 22000),
            ("Folding fan", 9500),
            ("Silk pouch", 8000),
            ("Wooden duck pair", 45000),
            ("Door knocker", 39000),
        ],
        start=1,
    )
}
