-- Numbers of dossiers in the form in which lists give them: half width, without blanks and what nobody sees, hyphens of one kind. Of
-- several that would become one all are left: they are different dossiers, and somebody has to look at them.

update dossier d set number = n.number
from (select f.federation_id, f.id, f.former, f.number, count(*) over (partition by f.federation_id, f.system, f.number) as alike
      from (select o.federation_id, o.id, o.system, o.number as former,
                   regexp_replace(regexp_replace(regexp_replace(normalize(o.number, nfkc),
                       '[\s\u0001-\u001f\u007f-\u009f\u00ad\u1680\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]', '', 'g'),
                       '^[''\u2019\u2018`]', ''), '[\u2010-\u2015\u2212]', '-', 'g') as number
            from dossier o) f) n
where d.federation_id = n.federation_id and d.id = n.id and n.number <> n.former and n.number <> '' and n.alike = 1;
