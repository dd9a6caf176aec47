"""Operations by which organisers edit the working programme, and the queries behind their lists."""
