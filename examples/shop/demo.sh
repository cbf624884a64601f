# What `make demo` asks the shop, and a part of each answer.
ask "Welcome to the shop" "http://$address/"
ask "Mug with a woven pattern" "http://$address/catalogue"
ask "25.00" -d "product=mug&quantity=2" "http://$address/cart/ada/items"
ask "25.00" "http://$address/cart/ada"
