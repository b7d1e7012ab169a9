INSERT INTO label (address, name) VALUES
    ('tz1burn', 'it''s; burnt'),
    ('tz1mint', E'mint\'s {0}');
