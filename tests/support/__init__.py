"""What tests share: books, commands in short, shells, servers, damage."""
